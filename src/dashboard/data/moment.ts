/** A moment to the minute, as people read it. */
export const atMinute = (iso: string): string => `${iso.slice(0, 16).replace("T", " ")} UTC`;
