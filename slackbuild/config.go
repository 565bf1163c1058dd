// SPDX-License-Identifier: MIT

package slackbuild

import (
	"slices"
	"strings"
)

// ConfigFunctions is the shell text that puts NAME.new into place, as doinst.sh
// has it: POSIX sh, to be run in the target's root directory. What config()
// promises of NAME, the administrator's file:
//
//   - If anything has that name, a dangling link too, it is never written to,
//     replaced, or followed for writing.
//   - Every link is resolved with the target's root as /, so that a package
//     installed below another root never reads or writes a file of the host.
//   - Only regular files are read: a pipe would hang, and a link to /dev/null
//     says that the administrator wants no such file.
//   - NAME.new is deleted only after two successful, equal checksums.
//   - NAME.new gets the owner, mode and attributes of NAME by one rename, and
//     NAME itself appears by one rename. A kill or a full disk at any point
//     leaves whole files, and the next run finishes the work.
//
// md5sum compares the files because cmp (diffutils) is not in series A.
const ConfigFunctions = `# Sets REAL to the path $1 with every symbolic link followed. The current
# directory, which is the root of the target system, counts as /.
resolve() {
  rest=$1
  REAL=
  links=0
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    case $rest in
      */*) rest=${rest#*/} ;;
      *) rest= ;;
    esac
    case $part in
      '' | .) continue ;;
      ..)
        case $REAL in
          */*) REAL=${REAL%/*} ;;
          *) REAL= ;;
        esac
        continue ;;
    esac
    if [ ! -L "./$REAL/$part" ]; then
      REAL=${REAL:+$REAL/}$part
      continue
    fi
    links=$((links + 1))
    if [ $links -gt 40 ]; then
      return 1
    fi
    link=$(readlink "./$REAL/$part") || return 1
    case $link in
      /*) REAL= ;;
    esac
    rest=$link${rest:+/$rest}
  done
}

# Puts the configuration file $1, which ends in .new, into place if there is
# none or an equal one. Otherwise both stay, and the new file gets the owner and
# mode of the administrator's, which is never touched, nor what it links to.
config() {
  new=./$1
  resolve "${new%/*}" || return 0
  new=./$REAL/${new##*/}
  old=${new%.new}
  if [ ! -f "$new" ] || [ -L "$new" ]; then
    return 0
  fi
  rm -rf "$new.incoming"
  if [ ! -e "$old" ] && [ ! -L "$old" ]; then
    mv "$new" "$old"
    return 0
  fi
  resolve "$old" || return 0
  current=./$REAL
  if [ ! -f "$current" ]; then
    return 0
  fi
  new_sum=$(md5sum < "$new") || return 0
  current_sum=$(md5sum < "$current") || return 0
  if [ -n "$new_sum" ] && [ "$new_sum" = "$current_sum" ]; then
    rm -f "$new"
  elif cp -a "$current" "$new.incoming" && cat "$new" > "$new.incoming"; then
    mv -f "$new.incoming" "$new"
  else
    rm -f "$new.incoming"
  fi
}
`

// configText is the part of doinst.sh that puts the configuration files into
// place; paths are members of the package, without .new.
func configText(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(ConfigFunctions + "\n")
	for _, p := range slices.Sorted(slices.Values(paths)) {
		b.WriteString("config " + quotePOSIX(p+".new") + "\n")
	}
	return b.String()
}
