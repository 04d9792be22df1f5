export { jsonText, safeJson } from '../report/json-text'
