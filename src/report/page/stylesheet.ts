/** The stylesheet of all pages. */
export const stylesheet = `:root { color-scheme: light dark; }
`
