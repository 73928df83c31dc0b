# shellcheck shell=sh disable=SC2154 # home, worktree and event are agent-event's
# For agent-event, before a Bash command that may destroy work: a snapshot first. The list is generous, for a snapshot
# costs little, and what it does not know is as old as the last tool call at most. It looks into the command's JSON string
# as it stands there: a line break is \n, a quote \". No other string of a payload can hold an unescaped "command".
any='([^"\]|\\.)*'
blank='( |\\[nrt]|\\\\)+' # or a line that goes on
command='"command" *: *"'
word="$command($any(\\\\.|[^a-z0-9_.-]))?"
end='[^a-z0-9_-]'
flag="$blank($any$blank)?-"

files='rm|rmdir|mv|cp|unlink|shred|srm|truncate|tee|dd|rsync|scp|wget|rename|rimraf|trash|del|erase|remove-item|sponge|patch|ex|ed'
files="$files|vim?|emacs|sd|g?unzip|gzip|bunzip2|bzip2|unxz|xz|7z|cpio|pax|fallocate|dos2unix|unix2dos|black|isort|rustfmt"
git='am|apply|checkout|checkout-index|cherry-pick|clean|co|filter-branch|filter-repo|gc|lfs|merge|mergetool|mv|prune|pull'
git="$git|read-tree|rebase|reflog|reset|restore|revert|rm|sparse-checkout|stash|submodule|subtree|switch|update-ref"
git="$git|(branch|tag)${flag}(d|m|f|c|-delete|-move|-force)[a-z]*|worktree$blank(remove|prune|move)|pr$blank(checkout|merge)"
git="$git|abandon|backout|purge|strip|undo|up|update"
tools='npm|pnpm|yarn|bun|npx|g?make|ninja|just|task|rake|rails|artisan|cargo|mvnw?|gradlew?|ant|sbt|dotnet|go|bazel|nx|turbo'
tools="$tools|lerna|docker|podman|terraform|tofu|composer|mix|flutter|dart|deno|manage\\.py|alembic|prisma"
verbs='[a-z]*clean|clobber|codemod|delete|destroy|down|downgrade|drop|eject|fix|flush|fmt|format|migrate|nuke|prune|purge'
verbs="$verbs|remove|reset|rollback|undo|uninstall|upgrade|wipe"
writes='write|remove|rename|replace|unlink|rmtree|rmsync|rmdir|rm[_(]|cpsync|delete|truncate|copy|move|save|dump|to_[a-z]+\('
writes="$writes|(\\\\\"|')w[bt+]*(\\\\\"|')"
inserts='drop|delete|update|replace|insert|truncate|restore'

destructive() {
  LC_ALL=C grep -Eiq \
    -e "$word($files)$end" \
    -e "$word(git|gh|hg|svn|jj|sl)$blank(-$any$blank)?($git)$end" \
    -e "$word($tools)$end($any(\\\\.|[^a-z-]))?($verbs)$end" \
    -e "$word(python[0-9.]*|node|ruby|perl|php|deno|bun|lua|jshell|pwsh|rscript)$end$any($writes)" \
    -e "$word(sed|yq|perl|ruby|clang-format|autopep8|xmlstarlet)${flag}[a-z0-9]*i" \
    -e "$word(gofmt|goimports|shfmt|prettier|2to3|codespell)${flag}[a-z]*w" \
    -e "$word(sort|curl)$flag([a-z]*o|-output|-remote-name)" \
    -e "${word}ln${flag}[a-z-]*f" \
    -e "$word(bsd)?tar(${blank}[a-z]*x|${flag}([a-z]*x|-extract|-get))" \
    -e "$word(sqlite3|psql|mysql)$end$any($inserts)" \
    -e "$command($any([;&|({]|\\\\n|sudo|xargs) *)?install " \
    -e "$command$any( --?(delete|exec|ok|fprint|fls)|-in-?place| inplace|--(fix|write)$end)" \
    -e "$command($any(\\\\.|[^>]))?>[|]? *([^>|&=/ \"\\]|\\\\[^nrt]|/([^d]|d[^e]|de[^v]|dev[^/]))" \
    -e "$command$any>& *[^0-9 \"-]" \
    "$worktree/inbox/$event"
  [ "$?" -ne 1 ] # without a grep: as if it were
}

# Asks a settle for the snapshot by an empty file, which it takes away when there is one, or writes into why not. Sets why.
snapshot_first() {
  barriers=$worktree/barriers
  why="can't write in $barriers"
  [ ! -L "$barriers" ] && { [ -d "$barriers" ] || mkdir -p "$barriers"; } && : >"$barriers/$event" || return
  why="it was not done within 2 s"
  [ -x "$home/bin/holdfast" ] || why="$home/bin/holdfast is missing"
  settle
  n=0
  while [ -f "$barriers/$event" ] && [ ! -s "$barriers/$event" ] && [ -x "$home/bin/holdfast" ] && [ "$n" -lt 90 ]; do
    sleep 0.02 || { sleep 1 && n=$((n + 45)); } # one that knows whole seconds only
    n=$((n + 1))
  done
  [ -f "$barriers/$event" ] || return 0
  [ ! -s "$barriers/$event" ] || read -r why <"$barriers/$event"
  rm -f "$barriers/$event"
  return 1
}

if destructive && ! snapshot_first; then
  printf '{"systemMessage":"holdfast: no snapshot was taken before this command: %s"}\n' \
    "$(printf %s "$why" | tr -d '\000-\037\134"')"
fi
