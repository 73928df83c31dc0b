# shellcheck shell=sh
# For the benches to read in.

# repository FOLDER FILES: a new one with so many files, 100 in a folder, and 10 of them changed. Goes there.
repository() {
  git init -q "$1"
  cd "$1" || return
  folder=0
  while [ "$folder" -lt $(($2 / 100)) ]; do
    mkdir "d$folder"
    file=0
    while [ "$file" -lt 100 ]; do
      echo "$folder $file" >"d$folder/f$file.txt"
      file=$((file + 1))
    done
    folder=$((folder + 1))
  done
  git add -A
  git -c user.name=bench -c user.email=bench@example.org commit -qm one
  for folder in 0 1 2 3 4 5 6 7 8 9; do echo changed >>"d$folder/f0.txt"; done
}
