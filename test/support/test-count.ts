/** The name of the environment variable with the file into which the reporter writes the count. */
export const countFileVariable = 'TEST_COUNT_FILE'

export interface TestCount {
  readonly passed: number
  readonly failed: number
}
