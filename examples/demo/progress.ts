/** A progress bar: redrawn in place on a terminal, one line per phase elsewhere. */
export function progressBar(title: string, total: number, out: NodeJS.WriteStream = process.stdout) {
  const started = performance.now();
  let shown = -1;
  const line = (done: number) => {
    const share = total === 0 ? 1 : done / total;
    const filled = Math.round(share * 30);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    return `${title.padEnd(34)} [${"#".repeat(filled)}${".".repeat(30 - filled)}] ${String(done).padStart(5)}/${total} ${seconds} s`;
  };
  return {
    update(done: number) {
      const percent = Math.floor((100 * done) / Math.max(1, total));
      if (!out.isTTY || percent === shown) return;
      shown = percent;
      out.write(`\r${line(done)}`);
    },
    finish() {
      out.write(`${out.isTTY ? "\r" : ""}${line(total)}\n`);
    },
  };
}
