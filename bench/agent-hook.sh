#!/bin/sh
# Times an agent's hook (PostToolUse, 2 KB, on the disk when it returns, a settle alive) beside an empty shell and beside
# what it replaces: a script that writes the session's state and a copy of it. Median of RUNS (201), with hyperfine, or in
# turn in a plain loop without it. Fails over the bound. Needs no installed holdfast; the replaced script calls curl and jq.
set -eu
runs=${RUNS:-201}
clone=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
settler=
trap '[ -z "$settler" ] || kill "$settler"; rm -rf "$work"' EXIT
unset CI CLAUDE_PROJECT_DIR CLAUDE_PID GIT_DIR
mkdir -p "$work/home/bin" "$work/app/TODO_CHECKPOINTS"
cp -R "$clone/hooks" "$work/home/"
printf '#!/bin/sh\nexec sleep 600\n' >"$work/home/bin/holdfast"
chmod +x "$work/home/bin/holdfast"

cd "$work/app"
git init -q
git -c user.name=bench -c user.email=bench@example.org commit -q --allow-empty -m one
echo "Current Phase: one" >STRATEGIC_TRANSITION_STATE.md
printf '{"tool_name":"Edit","tool_input":{"new_string":"%2000s"}}\n' x >"$work/payload"
cat >"$work/replaced" <<'END'
#!/bin/bash
time=$(date -Iseconds)
cat >SESSION_STATE.json <<EOF
{
  "timestamp": "$time",
  "session_id": "session_$(date +%s)",
  "current_phase": "$(grep 'Current Phase:' STRATEGIC_TRANSITION_STATE.md | cut -d: -f2 | tr -d ' ')",
  "git_commit": "$(git rev-parse HEAD)",
  "server_status": "$(curl -s localhost:3000/api/health 2>/dev/null | jq -r .status || echo unknown)"
}
EOF
cp SESSION_STATE.json "TODO_CHECKPOINTS/session_$time.json"
ls -t TODO_CHECKPOINTS/ | tail -n +11 | (cd TODO_CHECKPOINTS && xargs -r rm)
END
chmod +x "$work/replaced"

hook="$work/home/hooks/agent-event claude PostToolUse <$work/payload"
eval "$hook" # starts what stands for the settle
read -r settler _ <.git/holdfast/worktrees/main/settle.pid
empty="sh -c :"
replaced=$work/replaced
if command -v hyperfine >/dev/null; then
  hyperfine -S sh --warmup 5 --runs "$runs" --export-csv "$work/csv" "$empty" "$hook" "$replaced" >/dev/null 2>&1
  medians=$(awk -F, 'NR > 1 { printf "%d ", $(NF - 4) * 1000000 }' "$work/csv")
else
  n=0
  while [ "$n" -lt "$runs" ]; do
    for kind in empty hook replaced; do
      case $kind in empty) timed=$empty ;; hook) timed=$hook ;; *) timed=$replaced ;; esac
      start=$(date +%s%N)
      eval "$timed"
      echo "$((($(date +%s%N) - start) / 1000))" >>"$work/$kind.times"
    done
    n=$((n + 1))
  done
  medians=$(for kind in empty hook replaced; do sort -n "$work/$kind.times" | sed -n "$(((runs + 1) / 2))p"; done)
fi
echo "$medians" | xargs | awk -v runs="$runs" '{
  printf "median of %d: sh -c : %.1f ms, agent-event %.1f ms, the replaced script %.1f ms; ratio %.2f\n", \
    runs, $1 / 1000, $2 / 1000, $3 / 1000, $2 / $3
  if ($2 > 6000 || $2 > 0.12 * $3) { print "over the bound: 6 ms and 0.12x"; exit 1 }
}'
