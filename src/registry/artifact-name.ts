/** Whether something can be published under a name: it becomes part of keys, addresses and file names. */
export function isArtifactName(name: string): boolean {
  return /^[\w.-]+(\/[\w.: -]+)*$/.test(name) && !name.split("/").includes("..");
}
