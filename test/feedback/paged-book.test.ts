import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { PagedBook } from "../../src/feedback/ask/paged-book.js";
import { createMemoryStore } from "../../src/store/index.js";

interface Note {
  id: string;
  read: boolean;
}

it("reads the pages of all its records many at a time, and each once", async () => {
  const { documents } = createMemoryStore();
  const reading = { pages: 0, now: 0, most: 0 };
  const counted = {
    ...documents,
    get: async <T>(key: string) => {
      reading.pages++;
      reading.most = Math.max(reading.most, ++reading.now);
      await setImmediate();
      reading.now--;
      return documents.get<T>(key);
    },
  };
  const place = { name: "notes", idOf: ({ id }: Note) => id };
  const book = new PagedBook<Note>(counted, place);
  const ids = Array.from({ length: 5000 }, (_, i) => `n${i}`);
  await Promise.all(ids.map((id) => book.change(id, (notes) => void notes.push({ id, read: false }))));
  const pages = (await documents.keys("notes")).length;
  expect(pages).toBeGreaterThan(64);

  Object.assign(reading, { pages: 0, most: 0 });
  const found: string[] = [];
  for await (const notes of new PagedBook<Note>(counted, place).all()) found.push(...notes.map(({ id }) => id));
  expect(found.sort()).toEqual([...ids].sort());
  expect(reading).toMatchObject({ pages, most: 64 });

  const unread = ({ read }: Note) => !read;
  const readAll = () =>
    book.changeAll(unread, (notes) => {
      for (const note of notes) note.read = true;
      return notes.length;
    });
  expect((await readAll()).reduce((sum, n) => sum + n, 0)).toBe(5000);
  expect(await readAll()).toEqual([]);
});
