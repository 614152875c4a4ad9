import { z } from "zod";

/**
 * Whose workflow types and prompts these are, by tenant, where several share a store. What is not listed belongs to one
 * more tenant, which has no name.
 */
export const tenantsSchema = z
  .record(z.string().min(1), z.array(z.string().min(1)))
  .refine((tenants) => new Set(Object.values(tenants).flat()).size === Object.values(tenants).flat().length, {
    message: "each name under one tenant, once",
  });
/** See {@link tenantsSchema}. */
export type Tenants = Readonly<Record<string, readonly string[]>>;

/** The tenant that a workflow type or a prompt belongs to; undefined where none lists it. */
export function tenantOf(tenants: Tenants, name: string): string | undefined {
  return Object.keys(tenants).find((tenant) => tenants[tenant]?.includes(name));
}
