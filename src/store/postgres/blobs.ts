import { show } from "../../core/index.js";
import type { BlobStore } from "../learning-store.js";
import { takenError } from "../memory-store.js";
import type { Sql } from "./sql.js";

/** Blobs in a table, each written once. */
export function sqlBlobs(sql: Sql): BlobStore {
  const table = `${sql.schema}.blobs`;
  const read = async (name: string): Promise<string | undefined> => {
    const { rows } = await sql.query<{ content: string }>(
      `reading the blob ${show(name)}`,
      `SELECT content FROM ${table} WHERE name = $1`,
      [name],
    );
    return rows[0]?.content;
  };
  return {
    read,
    async write(name, content) {
      const { count } = await sql.query(
        `writing the blob ${show(name)}`,
        `INSERT INTO ${table} (name, content) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
        [name, content],
      );
      if (count === 0 && (await read(name)) !== content) throw takenError(name);
    },
    async delete(name) {
      await sql.query(`deleting the blob ${show(name)}`, `DELETE FROM ${table} WHERE name = $1`, [name]);
    },
  };
}
