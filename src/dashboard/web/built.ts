/** The folder of what the build bundled for a browser: as far from the sources as from the build's shared files. */
export const BUILT = new URL("../../../dist/dashboard/", import.meta.url);
