#!/bin/sh
# Times an agent's hook (PostToolUse, 2 KB, on the disk when it returns, a settle alive) beside an empty shell and beside
# what it replaces: a script that writes the session's state and a copy of it. Median of ROUNDS (5) in turn, of RUNS (41)
# each; with hyperfine, or in a plain loop without it. Fails over the bound. Needs no installed holdfast; the replaced
# script calls curl and jq. With a FOLDER the times are left there, in microseconds: empty.times, hook.times, replaced.times.
set -eu
runs=${RUNS:-41}
rounds=${ROUNDS:-5}
folder=${1:-}
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

agent_event=$work/home/hooks/agent-event
"$agent_event" claude PostToolUse <"$work/payload" # starts what stands for the settle
read -r settler _ <.git/holdfast/worktrees/main/settle.pid
timed() { # each as the client calls it, with sh -c
  case $1 in
    empty) echo : ;;
    hook) echo "[ ! -x $agent_event ] || $agent_event claude PostToolUse <$work/payload" ;;
    replaced) echo "$work/replaced" ;;
  esac
}
kinds="empty hook replaced"
round=0
while [ "$round" -lt "$rounds" ]; do # in turn, for a machine is not the same for long
  for kind in $kinds; do
    if command -v hyperfine >/dev/null; then
      hyperfine -N --warmup 2 --runs "$runs" --export-json "$work/json" "sh -c '$(timed "$kind")'" >/dev/null 2>&1
      jq '.results[0].times[] * 1000000 | floor' "$work/json" >>"$work/$kind.times"
    else
      n=0
      while [ "$n" -lt "$runs" ]; do
        start=$(date +%s%N)
        sh -c "$(timed "$kind")"
        echo "$((($(date +%s%N) - start) / 1000))" >>"$work/$kind.times"
        n=$((n + 1))
      done
    fi
  done
  round=$((round + 1))
done
[ -z "$folder" ] || cp "$work"/*.times "$folder/"
# Medians, and between what nine of ten lie.
for kind in $kinds; do
  sort -n "$work/$kind.times" |
    awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)], t[int(NR / 20) + 1], t[NR - int(NR / 20)] }'
done | xargs | awk -v runs="$((runs * rounds))" '
  function of(n) { return sprintf("%.1f ms (%.1f-%.1f)", $n / 1000, $(n + 1) / 1000, $(n + 2) / 1000) }
  {
    print "median of " runs " (nine of ten): empty sh " of(1) ", agent-event " of(4) ", the replaced script " of(7) \
      sprintf("; ratio %.2f", $4 / $7)
    if ($4 > 6000 || $4 > 0.12 * $7) { print "over the bound: 6 ms and 0.12x"; exit 1 }
  }'
