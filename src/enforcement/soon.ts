import type { Soon } from '../store/recollection'

export type { Soon }

/** Goes on with a value at once where it is at hand, else when it comes. What `next` throws is thrown, or rejects. */
export function soon<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Both at hand, or both to be waited for. */
export function both<T, U, V>(one: Soon<T>, other: Soon<U>, next: (one: T, other: U) => Soon<V>): Soon<V> {
  if (!(one instanceof Promise) && !(other instanceof Promise)) return next(one, other)
  return Promise.all([one, other]).then(([first, second]) => next(first, second))
}
