"""What pandas reads in an export. `python3 tables-pandas.py FOLDER`"""

import json
import sys

import pandas as pd

folder = sys.argv[1]
segments, nodes, decisions, feedback = (
    pd.read_parquet(f"{folder}/{table}") for table in ("segments", "nodes", "decisions", "feedback")
)
days = decisions["day"].astype(str)
if (decisions["decided_at"].dt.strftime("%Y-%m-%d") != days).any():
    raise SystemExit("days that are not theirs")
by_chosen = decisions.groupby("chosen")["propensity"].agg(["count", "mean"])
outcomes = feedback["outcome"].dropna()
topics = decisions["context"].map(lambda context: json.loads(context)["topic"])
counted = lambda column: {key: int(n) for key, n in column.value_counts().items()}
print(
    json.dumps(
        {
            "runs": len(segments),
            "nodes": counted(nodes["node"]),
            "chosen": {
                name: {"decisions": int(row["count"]), "propensity": round(row["mean"], 9)}
                for name, row in by_chosen.iterrows()
            },
            "outcome": {"judged": len(outcomes), "mean": round(outcomes.mean(), 9)},
            "topics": counted(topics),
            "days": sorted(set(days)),
        }
    )
)
