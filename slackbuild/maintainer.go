// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// maintainerScript is a script of the manifest that doinst.sh or douninst.sh
// runs. mkslack.yaml(5) has the table of what each one is given, and when.
type maintainerScript struct {
	name      string // of the field below scripts
	file      func(*Scripts) string
	arguments string // as doinst.sh writes them
}

var (
	preInstall = maintainerScript{"preinstall", func(s *Scripts) string { return s.PreInstall },
		`"$event" ${old_version:+"$old_version"}`}
	postInstall = maintainerScript{"postinstall", func(s *Scripts) string { return s.PostInstall }, `configure "$old_version"`}
	// Never purge, nor a number: some scripts delete settings and users then.
	preRemove  = maintainerScript{"preremove", func(s *Scripts) string { return s.PreRemove }, "remove"}
	postRemove = maintainerScript{"postremove", func(s *Scripts) string { return s.PostRemove }, "remove"}
)

// maxScript bounds a maintainer script: Linux takes no longer argument
// (MAX_ARG_STRLEN), and the shell is given the script as one.
const maxScript = 100 << 10

// runFunction runs a script where the system that it belongs to is /. The
// script is an argument of its shell: there is no file that could stay behind,
// and what it reads is not the rest of doinst.sh.
const runFunction = `# Runs the maintainer script that is on the standard input, with a | before each
# line, in the target system: run_script NAME SHELL OPTION ARGUMENT...
# That it fails is reported, and keeps nothing else from being done.
run_script() {
  script_name=$1
  script_shell=$2
  script_option=$3
  shift 3
  script_text=$(sed 's/^|//')
  chroot . "$script_shell" ${script_option:+"$script_option"} -c "$script_text" "$script_name" "$@" < /dev/null ||
    echo "WARNING: the $script_name script of PACKAGE ended with status $?." >&2
}
`

// eventText finds out whether the package is installed for the first time.
// installpkg copies doinst.sh to scripts/ after it has run, so what is there is
// of a version that was installed before; the record of the version that an
// upgrade replaces is in packages/ (Slackware 14.x, first pass) or removed_packages/.
const eventText = `# The event is install or upgrade, and old_version what is replaced: installpkg
# keeps a copy of this script once it has run, upgradepkg the old record.
event=install
old_version=
for file in var/lib/pkgtools/scripts/NAME-*-*-* var/log/scripts/NAME-*-*-* \
    var/lib/pkgtools/packages/NAME-*-*-*-upgraded-* var/log/packages/NAME-*-*-*-upgraded-*; do
  full=${file##*/}
  full=${full%-upgraded-*}
  if [ -e "$file" ] && [ "${full%-*-*-*}" = NAME ]; then
    event=upgrade
    full=${full#NAME-}
    old_version=${full%-*-*}
  fi
done
if [ $event = upgrade ]; then
  newest_record=$(
    for file in var/log/packages/NAME-*-*-*-upgraded-* var/log/removed_packages/NAME-*-*-*-upgraded-* \
        var/log/pkgtools/removed_packages/NAME-*-*-*-upgraded-*; do
      full=${file##*/}
      date=${full##*-upgraded-}
      full=${full%-upgraded-*}
      if [ -e "$file" ] && [ "${full%-*-*-*}" = NAME ]; then
        full=${full#NAME-}
        echo "$date ${full%-*-*}"
      fi
    done | sort | tail -n 1
  )
  if [ -n "$newest_record" ]; then
    old_version=${newest_record#* }
  fi
fi
`

// text is the call of the script in doinst.sh or douninst.sh, or empty where
// the manifest has none.
func (s maintainerScript) text(m *Manifest) (string, error) {
	file := s.file(&m.Scripts)
	if file == "" {
		return "", nil
	}
	at := "$.scripts." + s.name
	data, err := readLimited(m.path(file), maxScript)
	if err != nil {
		return "", m.at(at, m.pathHint("paths"), "%q: %v", file, cause(err))
	}
	shell, option, err := interpreter(string(data))
	if err != nil {
		return "", m.at(at, "", "%s: %v", file, err)
	}
	if strings.ContainsRune(string(data), 0) {
		return "", m.at(at, "", "%s: not a shell script: it holds a NUL", file)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "run_script %s %s %s %s << 'EOF'\n", s.name, shell, quotePOSIX(option), s.arguments)
	for line := range strings.SplitSeq(strings.TrimRight(string(data), "\n"), "\n") {
		b.WriteString("|" + line + "\n")
	}
	b.WriteString("EOF\n")
	return b.String(), nil
}

// scriptsText is the text that runs the scripts, which are of one doinst.sh or
// douninst.sh; head is the function that they need.
func (m *Manifest) scriptsText(scripts ...maintainerScript) (head string, calls []string, err error) {
	for _, s := range scripts {
		text, err := s.text(m)
		if err != nil {
			return "", nil, err
		}
		if calls = append(calls, text); text != "" {
			head = strings.ReplaceAll(runFunction, "PACKAGE", m.Name)
		}
	}
	return head, calls, nil
}

// event is eventText for the package.
func (m *Manifest) event() string { return strings.ReplaceAll(eventText, "NAME", m.Name) }

// interpreter is the shell that the script's first line asks for, with the
// option that may stand there.
func interpreter(text string) (shell, option string, err error) {
	first, _, _ := strings.Cut(text, "\n")
	words := strings.Fields(strings.TrimPrefix(first, "#!"))
	if !strings.HasPrefix(first, "#!") || len(words) == 0 {
		return "/bin/sh", "", nil
	}
	name := words[0][strings.LastIndexByte(words[0], '/')+1:]
	if name == "env" && len(words) > 1 {
		name, words = words[1], words[1:]
	}
	if len(words) > 1 {
		option = words[1]
	}
	switch name {
	case "sh", "dash", "ash":
		return "/bin/sh", option, nil
	case "bash":
		return "/bin/bash", option, nil
	}
	return "", "", fmt.Errorf("doinst.sh can hold shell scripts only, not one for %q", name)
}

// readLimited reads a file that may be limit bytes long.
func readLimited(file string, limit int64) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("%d bytes long; the limit is %d", info.Size(), limit)
	}
	return os.ReadFile(file)
}

// scriptHabit is something that scripts written for other systems do, and that
// somebody should look at before they run on Slackware.
type scriptHabit struct {
	pattern *regexp.Regexp
	unless  *regexp.Regexp // the script looks before it does so
	removal bool           // only the removal scripts
	why     string
}

var scriptHabits = []scriptHabit{
	{pattern: regexp.MustCompile(`(?m)^[^#\n]*\brm\s+(-[a-zA-Z]+\s+)*-[a-zA-Z]*[rR]`), removal: true,
		why: "deletes whole directories; make sure that they hold no settings or data"},
	{pattern: regexp.MustCompile(`(?m)^[^#\n]*\b(userdel|groupdel|deluser|delgroup)\b`), removal: true,
		why: "deletes accounts; the next one with the same number gets the files that are left"},
	{pattern: regexp.MustCompile(`(?m)^[^#\n]*\bsystemctl\b`),
		unless: regexp.MustCompile(`(command -v|which|type|hash|-x)\s+\S*systemctl|/run/systemd`),
		why:    "calls systemctl, which Slackware does not have, without looking for it"},
	{pattern: regexp.MustCompile(`(?m)^[^#\n]*\bos-release\b`), why: "decides by os-release; look at what it does on Slackware"},
}

// noteScripts says what to look at in the maintainer scripts that are there.
func (m *Manifest) noteScripts() {
	for _, s := range []maintainerScript{preInstall, postInstall, preRemove, postRemove} {
		file := s.file(&m.Scripts)
		if file == "" {
			continue
		}
		data, err := readLimited(m.path(file), maxScript)
		if err != nil {
			continue // whoever uses it will say so
		}
		for _, h := range scriptHabits {
			at := h.pattern.FindIndex(data)
			if at == nil || h.removal && s.name != "preremove" && s.name != "postremove" || h.unless != nil && h.unless.Match(data) {
				continue
			}
			line := 1 + bytes.Count(data[:at[1]], []byte("\n"))
			m.say("scripts."+s.name, fmt.Sprintf("%s, line %d: %s", file, line, h.why))
		}
	}
}
