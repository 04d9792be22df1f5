declare module 'haraka-constants' {
  export const cont: number
  export const stop: number
  export const deny: number
  export const denysoft: number
  export const denydisconnect: number
  export const denysoftdisconnect: number
  export const ok: number
}

declare module 'haraka-dsn' {
  /** Haraka's reply with an enhanced status code; its code overrides the one of the hook's return value. */
  export interface Dsn {
    readonly code: number
    readonly reply: string | string[]
  }
  export function create(code: number, text: string, subject: number, detail: number): Dsn
}
