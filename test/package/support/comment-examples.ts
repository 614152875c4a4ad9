import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { declarationsOf, ENTRIES } from "./declarations.js";

const PACKAGE = "langgraph-collective-learning";
/** A line that says what an expression is: `mostLikely([0.1, 0.9]); // 1`. */
const SAYS =
  /^(?!(?:const|let|if|for|while|return|await|import|class)\b)(\S.*); \/\/ (-?\d[\d.e-]*|true|false|undefined|"[^"]*"|\[.*\]|\{.*:.*\})$/;

const namesFile = readFileSync(fileURLToPath(new URL("./example-names.ts", import.meta.url)), "utf8");
const KNOWN = [...(namesFile.split("export interface Names {")[1] ?? "").matchAll(/^ {2}(\w+):/gm)].map(
  ([, name]) => name,
);
const OPENING = `{ ${KNOWN.join(", ")} }: Names`;

/** The code of each `@example` in a comment. */
function examplesIn(comment: string): string[] {
  const lines = comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""));
  const text = lines.join("\n").replace(/\*\\\//g, "*/");
  return text
    .split(/^@example\b ?/m)
    .slice(1)
    .map((rest) => rest.split(/^@\w+/m)[0] ?? "")
    .map((code) => /```ts\n([\s\S]*?)```/.exec(code)?.[1] ?? code.trim());
}

/** A module with every example of the doc comments as a function, and what is known of it. */
export interface ExamplesModule {
  text: string;
  /** Functions and classes whose examples it holds. */
  names: string[];
  /** Expressions whose value an example says. */
  said: number;
}

/**
 * The examples of an entry as a module. What an example uses is a name of its entry, of the front door or of another
 * entry, or stands in `example-names.ts`, which says of what type it is.
 */
export function examplesModule(entry: string, namesFrom: string): ExamplesModule {
  const imports = new Set<string>();
  const bodies: string[] = [];
  const names: string[] = [];
  let said = 0;
  for (const { name, kind, comment, members } of declarationsOf(entry)) {
    if (kind !== "function" && kind !== "class") continue;
    const comments = [comment, ...(members.match(/\/\*\*[\s\S]*?\*\//g) ?? [])];
    for (const [i, code] of comments.flatMap(examplesIn).entries()) {
      const body = code.split("\n").filter((line) => {
        if (/^import .* from ".*";$/.test(line)) imports.add(line);
        return !line.startsWith("import ");
      });
      let asserts = false;
      const checked = body.map((line) => {
        const [, expression, value] = SAYS.exec(line) ?? [];
        if (expression === undefined) return line;
        said += 1;
        asserts = true;
        return `said(${JSON.stringify(`${name}: ${line}`)}, ${expression}, ${value});`;
      });
      names.push(name);
      bodies.push(
        `  { asserts: ${asserts}, run: async (${OPENING}) => {\n{\n${checked.join("\n")}\n}\n} }, // ${name} ${i + 1}`,
      );
    }
  }
  const code = bodies.join("\n");
  return { text: [...imports, ...importsOf(entry, code, imports), runner(namesFrom, code)].join("\n"), names, said };
}

/** Imports of the package's own names that the code uses: those of the entry first, then of the front door and others. */
function importsOf(entry: string, code: string, given: ReadonlySet<string>): string[] {
  const taken = new Set([...given].flatMap((line) => line.match(/\w+/g) ?? []));
  return [entry, ".", ...ENTRIES].flatMap((from) => {
    if (from === "./worker") return [];
    const used = declarationsOf(from).filter(({ name }) => !taken.has(name) && new RegExp(`\\b${name}\\b`).test(code));
    for (const { name } of used) taken.add(name);
    if (used.length === 0) return [];
    const list = used.map(({ name, isType }) => (isType ? `type ${name}` : name));
    return [`import { ${list.join(", ")} } from "${PACKAGE}${from.slice(1)}";`];
  });
}

const runner = (namesFrom: string, code: string) => `import type { Names } from "${namesFrom}";

const wrong: string[] = [];
const near = (a: unknown, b: unknown): boolean => {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(b));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return left.length === right.length && left.every(([key, value]) => near(value, (b as Record<string, unknown>)[key]));
};
function said<T>(line: string, is: T, says: T): void {
  if (!near(is, says)) wrong.push(\`\${line} (is \${JSON.stringify(is)})\`);
}
const examples: { asserts: boolean; run: (names: Names) => Promise<void> }[] = [
${code}
];
for (const { asserts, run } of examples) if (asserts) await run({} as Names);
for (const line of wrong) console.log(\`WRONG \${line}\`);
console.log(\`EXAMPLES \${examples.length}\`);
export {};
`;
