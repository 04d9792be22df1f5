/*
 * The process in which the doctor looks: a damaged store may end it, and a disk that is gone may hold it for ever. One
 * line of JSON for each area goes to standard output.
 */
import { examine } from './examination'
import type { Circumstances } from './scene'

const given: Circumstances = JSON.parse(process.argv[2] ?? '')
void examine(given, (found) => process.stdout.write(`${JSON.stringify(found)}\n`))
