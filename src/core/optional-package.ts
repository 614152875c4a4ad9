import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Loads a package that need not be installed, from here or else from the host's folder: a bundle stands elsewhere.
 * Bundlers must not follow the name, for what is not there would end the build.
 */
export async function loadOptional<T>(name: string): Promise<T> {
  try {
    return (await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name)) as T;
  } catch (error) {
    const file = resolveFromHost(name);
    if (file === undefined) throw error;
    const loaded: unknown = await import(
      /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ pathToFileURL(file).href
    );
    return loaded as T;
  }
}

/**
 * The path of a file of such a package.
 * @throws where it is not installed
 */
export function resolveOptional(path: string): string {
  try {
    return requireAt(import.meta.url).resolve(path);
  } catch (error) {
    const file = resolveFromHost(path);
    if (file === undefined) throw error;
    return file;
  }
}

function resolveFromHost(path: string): string | undefined {
  try {
    return requireAt(join(process.cwd(), "host.js")).resolve(path);
  } catch {
    return undefined;
  }
}

/** Apart from its arguments: bundlers rewrite `createRequire(import.meta.url).resolve(...)`. */
function requireAt(from: string): NodeJS.Require {
  return createRequire(from);
}
