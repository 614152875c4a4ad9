import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Overview } from "../data/overview.js";
import { listen, type Me, useData, whoAmI } from "./api.js";
import { ComparePage } from "./pages/compare.js";
import { GraphPage } from "./pages/graph.js";
import { InboxPage } from "./pages/inbox.js";
import { OverviewPage } from "./pages/overview.js";
import { PatternsPage } from "./pages/patterns.js";
import { PoliciesPage } from "./pages/policies.js";
import { PromptsPage } from "./pages/prompts.js";
import { RewardsPage } from "./pages/rewards.js";
import { RunPage } from "./pages/run.js";
import { RunsPage } from "./pages/runs.js";
import { SystemPage } from "./pages/system.js";
import { pageOf } from "./parts/approvals.js";
import { type PageProps, to, useRoute } from "./route.js";
import "./style/index.css";

const PAGES = {
  overview: { title: "Overview", page: OverviewPage },
  runs: { title: "Runs", page: RunsPage },
  graph: { title: "Graph", page: GraphPage },
  policies: { title: "Policies", page: PoliciesPage },
  patterns: { title: "Patterns", page: PatternsPage },
  prompts: { title: "Prompts", page: PromptsPage },
  rewards: { title: "Reward model", page: RewardsPage },
  inbox: { title: "Feedback", page: InboxPage },
  system: { title: "System", page: SystemPage },
};
const HIDDEN = { run: { title: "Run", page: RunPage }, compare: { title: "Compare runs", page: ComparePage } };
const ALL: Record<string, { title: string; page: (props: PageProps) => preact.JSX.Element }> = { ...PAGES, ...HIDDEN };

function App() {
  const route = useRoute();
  const [me, setMe] = useState<Me>();
  const [error, setError] = useState<string>();
  const [online, setOnline] = useState(true);
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const current = (Object.hasOwn(ALL, route.page) && ALL[route.page]) || PAGES.overview;
  useEffect(() => {
    whoAmI().then(setMe, (e: Error) => setError(e.message));
    return listen(setOnline);
  }, []);
  useEffect(() => {
    document.title = `${current.title} · Collective learning`;
    setMenu(false);
    // Not at the first page: nobody has moved yet.
    if (!first.current) main.current?.querySelector<HTMLElement>("h1")?.focus();
    first.current = false;
    scrollTo(0, 0);
  }, [route.page]);
  const Page = current.page;
  return (
    <div class="shell">
      <a
        class="skip-link"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          main.current?.focus();
        }}
      >
        To the content
      </a>
      <nav class={`side ${menu ? "open" : ""}`} aria-label="Pages">
        <div class="brand">Collective learning</div>
        <button type="button" class="menu" aria-expanded={menu} onClick={() => setMenu(!menu)}>
          Menu
        </button>
        <div class="links">
          {me && <Links page={route.page} />}
          {me && (
            <p class="who">
              {me.may.includes("steer") ? "" : "Read only. "}You are <b>{me.name}</b>.
              {!online && <span class="offline"> Not live: the server does not answer.</span>}
            </p>
          )}
        </div>
      </nav>
      <main ref={main} id="main" tabIndex={-1}>
        {error && (
          <p class="problem" role="alert">
            {error}
          </p>
        )}
        {me && <Page me={me} params={route.params} key={route.page} />}
      </main>
    </div>
  );
}

function Links({ page }: { page: string }) {
  const { data } = useData<Overview>("overview", {}, ["cycle", "policies", "feedback"]);
  const badges: Record<string, number> = {
    inbox: data?.waits.requests ?? 0,
    policies: data?.waits.approvals.filter((a) => pageOf(a) === "policies").length ?? 0,
    prompts: data?.waits.approvals.filter((a) => pageOf(a) === "prompts").length ?? 0,
    system: data?.wrong.length ?? 0,
  };
  const shown = page === "run" || page === "compare" ? "runs" : page;
  return (
    <ul>
      {Object.entries(PAGES).map(([name, { title }]) => (
        <li key={name}>
          <a href={to(name)} aria-current={shown === name ? "page" : undefined}>
            {title}
            {!!badges[name] && (
              <span class="badge">
                {badges[name]}
                <span class="skip-link"> waiting</span>
              </span>
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}

const room = document.getElementById("app");
if (room) render(<App />, room);
