/** Counts the event loop's turns while something else works. */
export function countTurns() {
  let turns = 0;
  let next = setImmediate(count);
  function count() {
    turns++;
    next = setImmediate(count);
  }
  return {
    get turns() {
      return turns;
    },
    stop: () => clearImmediate(next),
  };
}
