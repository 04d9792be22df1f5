/**
 * Index of the last item that does not lie after the place looked for; -1 where every item does.
 * `items` must rise; `order` is negative or 0 for items up to the place, positive for those after it.
 */
export function lastUpTo<T>(items: readonly T[], order: (item: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && order(item) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}
