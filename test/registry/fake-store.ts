import type { BlobStore, DocumentStore } from "../../src/store/index.js";

/** The two parts of a store that the registry uses, over plain maps that a test may damage. */
export function fakeStore(): {
  documents: DocumentStore;
  blobs: BlobStore;
  docs: Map<string, string>;
  files: Map<string, string>;
} {
  const docs = new Map<string, string>();
  const files = new Map<string, string>();
  const read = (key: string) => (docs.has(key) ? JSON.parse(docs.get(key) as string) : undefined);
  return {
    docs,
    files,
    documents: {
      get: async (key) => read(key),
      put: async (key, value) => void docs.set(key, JSON.stringify(value)),
      update: async (key, change) => {
        await Promise.resolve();
        const value = change(read(key));
        docs.set(key, JSON.stringify(value));
        return value;
      },
      delete: async (key) => void docs.delete(key),
      keys: async (prefix = "") => [...docs.keys()].filter((k) => k.startsWith(prefix)).sort(),
    },
    blobs: {
      write: async (name, content) => void files.set(name, content),
      read: async (name) => files.get(name),
      delete: async (name) => void files.delete(name),
    },
  };
}
