// Stands in for a chat model in the recipes: it says what a function of the messages and the tools it may use says.
import type { BindToolsInput } from "@langchain/core/language_models/chat_models";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";

type Say = (messages: BaseMessage[], tools: string[]) => string | { tool: string; args?: Record<string, unknown> };

export class ScriptedModel extends BaseChatModel {
  private calls = 0;

  constructor(
    private readonly say: Say,
    private readonly tools: string[] = [],
  ) {
    super({});
  }

  _llmType(): string {
    return "scripted";
  }

  override bindTools(tools: BindToolsInput[]): ScriptedModel {
    return new ScriptedModel(
      this.say,
      tools.map((t) => String("name" in t ? t.name : "")),
    );
  }

  async _generate(messages: BaseMessage[]) {
    const said = this.say(messages, this.tools);
    const message =
      typeof said === "string"
        ? new AIMessage(said)
        : new AIMessage({
            content: "",
            tool_calls: [{ name: said.tool, args: said.args ?? {}, id: `call-${this.calls++}`, type: "tool_call" }],
          });
    return { generations: [{ text: message.text, message }] };
  }
}
