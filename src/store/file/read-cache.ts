/** Bytes of files whose contents are kept at most; contents take a few times as much. */
const MOST_BYTES = 8 * 1024 * 1024;

/** What one file held when it was read. */
interface Read<V> {
  mark: string;
  value: V;
  bytes: number;
}

/** The contents of the files that were read last, each good for as long as its file bears the same mark. */
export class ReadCache<V> {
  private readonly known = new Map<string, Read<V>>();
  private bytes = 0;

  constructor(private readonly mostBytes = MOST_BYTES) {}

  /** What is known under a name, where its file still bears the mark. Nobody may change it. */
  get(name: string, mark: string): V | undefined {
    const found = this.known.get(name);
    if (found?.mark !== mark) return undefined;
    // What is asked for is dropped last.
    this.known.delete(name);
    this.known.set(name, found);
    return found.value;
  }

  /** Keeps what a file held; what was not asked for the longest gives way. */
  set(name: string, read: Read<V>): void {
    this.drop(name);
    if (read.bytes > this.mostBytes) return;
    this.known.set(name, read);
    this.bytes += read.bytes;
    for (const oldest of this.known.keys()) {
      if (this.bytes <= this.mostBytes) return;
      this.drop(oldest);
    }
  }

  /** Forgets a name. */
  drop(name: string): void {
    this.bytes -= this.known.get(name)?.bytes ?? 0;
    this.known.delete(name);
  }
}
