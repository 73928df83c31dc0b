# shellcheck shell=sh
# For the other hooks to read in: where the store is, what an event is called, who settles. Builtins wherever there is
# a choice, for each process costs the agent or the commit a millisecond or more.
case $0 in /*) home=${0%/hooks/*} ;; *) home=$PWD/${0%hooks/*} ;; esac
PATH=${PATH:+$PATH:}/usr/bin:/bin
umask 077

is_repository() { [ -f "$1/HEAD" ] && [ -d "$1/objects" ] && [ -d "$1/refs" ]; }
in_git() {
  [ -f .git ] || is_repository .git && return
  ! is_repository . || exit 0 # the inside of one, or a bare one: nothing to protect
  false
}
in_holdfast() { [ -e .holdfast ]; }

# Goes up to the first folder where a condition holds, or stays.
up() {
  start=$PWD
  until "$1"; do
    [ "$PWD" != / ] && cd -P .. && continue
    cd "$start" || exit 0
    return 1
  done
}

# The store, and the folder of the work tree in it, as holdfast.git.Worktree finds them. git calls its hooks in the top
# folder; a person or an agent may be anywhere below.
find_store() {
  id=main
  if [ -n "${GIT_DIR:-}" ] || up in_git; then
    git=${GIT_DIR:-.git}
    if [ -f "$git" ]; then
      read -r word git <"$git"
      [ "$word" = gitdir: ] || return
    fi
    common=
    [ ! -f "$git/commondir" ] || read -r common <"$git/commondir"
    case $common in
      '') store=$git/holdfast ;;
      /*) store=$common/holdfast ;;
      *) store=$git/$common/holdfast ;;
    esac
    case ${common:+$git} in
      */worktrees/main) id=main.linked ;;
      */worktrees/*) id=${git##*/} ;;
    esac
  else
    up in_holdfast || return
    store=.holdfast
  fi
  worktree=$store/worktrees/$id
}

# Says in why it could not.
# shellcheck disable=SC2034
name_event() {
  boot=none
  uptime=0
  uuid=0
  n=0
  read -r boot </proc/sys/kernel/random/boot_id
  read -r uptime _ </proc/uptime
  read -r uuid </proc/sys/kernel/random/uuid
  [ -d "$worktree/inbox" ] || why=$(mkdir -p "$worktree/inbox" 2>&1) || return
  event=$boot-${uptime%.*}${uptime#*.}-$$-$uuid
  while [ -e "$worktree/inbox/$event$n" ]; do n=$((n + 1)); done
  event=$event$n
}

# When a process began: with it a number that is given out again is no longer the same process. Empty where unknown.
born() {
  born=
  state=
  read -r stat <"/proc/$1/stat" || return 0
  # shellcheck disable=SC2086 # its fields; the name before them may hold anything
  set -- ${stat##*) }
  state=$1
  born=${20:-}
}

# Nobody waits for what runs on behind a hook.
let_go() { exec </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; }

settled_by() {
  born "$1"
  printf '%s %s %s\n' "$1" "$boot" "${born:-0}" >"$worktree/settle.pid"
}

# The event first, then the look at who settles; a settle does it the other way round, so that none stays behind. Of
# many hooks the one that makes settle.pid starts it; later only the settle itself deletes that.
settle() {
  [ -x "$home/bin/holdfast" ] || return
  settler=
  of=
  since=
  if [ -f "$worktree/settle.pid" ]; then
    read -r settler of since <"$worktree/settle.pid"
    if [ "$of" = "$boot" ] && kill -0 "$settler"; then
      born "$settler"
      [ "$state" = Z ] || [ "${born:-0}" != "${since:-${born:-0}}" ] || return 0
    fi
    rm -f "$worktree/settle.pid"
  fi
  set -C
  settled_by "$$" || return 0
  set +C
  (
    let_go
    trap '' HUP
    set -- "$home/bin/holdfast" settle --project "$PWD"
    set -- env -i "PATH=$PATH" "HOLDFAST_HOME=$home" ${HOME+"HOME=$HOME"} ${LANG+"LANG=$LANG"} \
      ${LC_ALL+"LC_ALL=$LC_ALL"} ${LC_CTYPE+"LC_CTYPE=$LC_CTYPE"} ${TMPDIR+"TMPDIR=$TMPDIR"} \
      ${XDG_DATA_HOME+"XDG_DATA_HOME=$XDG_DATA_HOME"} ${XDG_CONFIG_HOME+"XDG_CONFIG_HOME=$XDG_CONFIG_HOME"} \
      ${JAVA_HOME+"JAVA_HOME=$JAVA_HOME"} "$@"
    ! command -v setsid || set -- setsid "$@"
    cd / # it may live for days, and keep no folder of the person's from being taken away
    exec "$@"
  ) &
  settled_by "$!"
}
