import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { textArgument } from "../../core/arguments.js";
import { checkBlob } from "../facts.js";
import type { BlobStore } from "../learning-store.js";
import { takenError } from "../memory-store.js";
import { createFile, discard, fileNameOf, ioError, isNoFile, readText } from "./io.js";

/** Artifacts in files. */
export interface FileBlobs extends BlobStore {
  /** Removes what is half written, after an erasure. */
  forgetBefore(): Promise<void>;
}

/** One file per blob under `folder`, its name readable where the file system allows. */
export function fileBlobs(folder: string): FileBlobs {
  const pathOf = (name: string) => join(folder, `${fileNameOf(textArgument(name, "name", "STORE_QUERY"))}.blob`);
  return {
    async write(name, content) {
      checkBlob(name, content);
      const path = pathOf(name);
      let created: boolean;
      try {
        created = await createFile(path, content);
        if (!created && (await contentOf(path)) === undefined) {
          await discard(path);
          created = await createFile(path, content);
        }
      } catch (cause) {
        throw ioError("writing", path, cause);
      }
      if (!created && (await contentOf(path)) !== content) throw takenError(name);
    },
    read: async (name) => contentOf(pathOf(name)),
    delete: async (name) => discard(pathOf(name)),
    async forgetBefore() {
      for (const file of await readdir(folder)) if (file.endsWith(".tmp")) await discard(join(folder, file));
    },
  };
}

/** What a file holds; undefined where there is none, whatever stands in its place. */
async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if (isNoFile(error)) return undefined;
    throw error;
  }
}
