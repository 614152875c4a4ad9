import { AIMessage, HumanMessage } from "@langchain/core/messages";
import {
  ChatPromptTemplate,
  MessagesPlaceholder,
  PromptTemplate,
  SystemMessagePromptTemplate,
} from "@langchain/core/prompts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContent, promptContentOf, templateOf, variableChange, variablesOf } from "../../src/prompts/index.js";

describe("prompt content", () => {
  it("keeps everything that formats, through JSON and back", async () => {
    const template = ChatPromptTemplate.fromMessages([
      ["system", "You are {role}. Answer as {{json}}."],
      new MessagesPlaceholder({ variableName: "history", optional: true }),
      new HumanMessage("literal {braces}"),
      ["human", "{question}"],
    ]);
    const content = parseContent(JSON.parse(JSON.stringify(promptContentOf(template))));
    expect(variablesOf(content)).toEqual(["history", "question", "role"]);
    const values = { role: "a poet", question: "why?", history: [new HumanMessage("before")] };
    const [before, after] = [await template.formatMessages(values), await templateOf(content).formatMessages(values)];
    expect(after.map((m) => [m.getType(), m.content])).toEqual(before.map((m) => [m.getType(), m.content]));
    expect(after.map((m) => m.content)).toContain("literal {braces}");
  });

  it("takes mustache templates", async () => {
    const template = ChatPromptTemplate.fromMessages([["human", "Hello {{name}}"]], { templateFormat: "mustache" });
    const back = templateOf(promptContentOf(template));
    expect((await back.formatMessages({ name: "Ann" }))[0]?.content).toBe("Hello Ann");
  });

  it("refuses what it could not give back", async () => {
    const image = ChatPromptTemplate.fromMessages([["human", [{ type: "image_url", image_url: "{url}" }]]]);
    expect(() => promptContentOf(image)).toThrow(/PROMPT_INVALID.*HumanMessagePromptTemplate/);
    const partial = await ChatPromptTemplate.fromMessages([["human", "{a} {b}"]]).partial({ a: "1" });
    expect(() => promptContentOf(partial as ChatPromptTemplate)).toThrow(/partial variables/);
    expect(() => parseContent({ format: "f-string", messages: [{ role: "human", template: "{open" }] })).toThrow(
      /PROMPT_INVALID/,
    );
    expect(() => parseContent({ format: "f-string", messages: [] })).toThrow(/PROMPT_INVALID/);
    expect(() => parseContent("hi")).toThrow(/PROMPT_INVALID/);
  });

  it("refuses fixed messages and inner templates that would lose something", async () => {
    const calls = new AIMessage({ content: "", tool_calls: [{ name: "find", args: {}, id: "1" }] });
    expect(() => promptContentOf(ChatPromptTemplate.fromMessages([calls]))).toThrow(/fixed message with tool calls/);
    const named = new HumanMessage({ content: "hi", name: "bob" });
    expect(() => promptContentOf(ChatPromptTemplate.fromMessages([named]))).toThrow(
      /fixed message with the name "bob"/,
    );
    const inner = await PromptTemplate.fromTemplate("{a} {b}").partial({ a: "1" });
    const partial = ChatPromptTemplate.fromMessages([new SystemMessagePromptTemplate(inner as PromptTemplate)]);
    expect(() => promptContentOf(partial)).toThrow(/partial variables/);
  });

  it("does not let a placeholder become text, or one that may be left out become needed", () => {
    const of = (...messages: object[]) => parseContent({ format: "f-string", messages });
    const text = (template: string) => ({ role: "system", template });
    const place = (optional: boolean) => ({ placeholder: "h", optional });
    expect(variableChange(of(place(false)), of(text("{h}")))).toMatch(/with the messages of h in a text/);
    expect(variableChange(of(place(true)), of(place(false)))).toMatch(/that needs h, which could be left out/);
    expect(variableChange(of(place(false)), of(place(true)))).toBeUndefined();
    expect(variableChange(of(text("{h}"), place(true)), of(text("so: {h}"), place(true)))).toBeUndefined();
  });

  it("names lost and added variables for any two templates", () => {
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
    const make = (vars: string[]) =>
      promptContentOf(ChatPromptTemplate.fromMessages([["human", `x ${vars.map((v) => `{${v}}`).join(" ")}`]]));
    fc.assert(
      fc.property(names, names, (before, after) => {
        const same = before.length === after.length && before.every((v) => after.includes(v));
        expect(variableChange(make(before), make(after)) === undefined).toBe(same);
      }),
      { seed: 3, numRuns: 100 },
    );
  });
});
