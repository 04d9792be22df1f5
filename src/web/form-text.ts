/** A field of a query or a form as it was sent; what is not there, or there twice, is empty. */
export function textOf(sent: unknown, name: string): string {
  if (typeof sent !== 'object' || sent === null) return ''
  const value: unknown = Object.getOwnPropertyDescriptor(sent, name)?.value
  return typeof value === 'string' ? value : ''
}
