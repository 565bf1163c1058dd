// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/slackbond/slackbond/internal/inet1"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/shconf"
)

// boot has the rules about what runs at boot: rc.bond or not, which rc.bond,
// and who else makes bonds.
func (c *checker) boot() {
	if info, err := os.Stat(c.Bond.File.Name); err == nil && info.Mode()&0o022 != 0 {
		c.warn(shconf.Pos{File: c.Bond.File.Name}, plan.Finding{
			Rule: "writable", What: fmt.Sprintf("mode %04o: others than root can write it", info.Mode().Perm()),
			Why: "root runs what stands in it", Do: "chmod 600 " + c.Bond.File.Name,
		})
	}
	local := ""
	if c.RCDir != "" {
		c.script(filepath.Join(c.RCDir, "rc.bond"))
		local = c.others(filepath.Join(c.RCDir, "rc.local"))
	}
	s := c.Guard
	at := shconf.Pos{File: s.File, Line: s.Line}
	switch s.State {
	case inet1.Off:
		if !strings.Contains(local, "rc.bond") {
			c.warn(at, plan.Finding{
				Rule: "guard-off", What: "nothing runs rc.bond before rc.inet1",
				Why: "no bond at boot, or one without addresses", Do: "bondctl inet1 enable",
			})
		}
	case inet1.Lost, inet1.Stale:
		c.warn(at, plan.Finding{
			Rule: "guard-" + string(s.State), What: "the guard is " + string(s.State) + ": " + s.Why,
			Why: "bonds are not made before rc.inet1 wants them, or as an older version did", Do: "bondctl inet1 enable",
		})
	case inet1.Broken:
		c.fault(at, plan.Finding{
			Rule: "guard-broken", What: "the guard is broken: " + s.Why, Why: "rc.bond is not run at boot", Do: "see bondctl inet1 status",
		})
	}
}

// script has the rules about rc.bond itself. From version 2 on it hands the
// values to bondctl; before, it was all by itself.
func (c *checker) script(path string) {
	at := shconf.Pos{File: path}
	text, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	_, pendingErr := os.Stat(path + ".new")
	pending := pendingErr == nil
	switch {
	case statErr != nil:
		do := "install the package again"
		if pending {
			do = fmt.Sprintf("mv %s.new %s; chmod 755 %s", path, path, path)
		}
		c.fault(at, plan.Finding{Rule: "no-rc-bond", What: "rc.bond is not there", Why: "nothing makes the bonds", Do: do})
		return
	case info.Mode()&0o111 == 0:
		c.warn(at, plan.Finding{
			Rule: "rc-bond-off", What: "rc.bond is not executable", Why: "that switches it off: no bond at boot", Do: "chmod 755 " + path,
		})
	}
	old := err == nil && len(text) > 0 && !strings.Contains(string(text), "--values")
	do := "install the package again, and take over its rc.bond"
	if pending {
		do = fmt.Sprintf("look at the difference, then: mv %s.new %s; chmod 755 %s", path, path, path)
	}
	switch {
	case old:
		c.warn(at, plan.Finding{
			Rule: "rc-bond-old", What: "this is the rc.bond of an older version, or another script",
			Why: "it judges rc.bond.conf by rules of its own, and bondctl knows nothing of what it does", Do: do,
		})
	case pending:
		c.warn(shconf.Pos{File: path + ".new"}, plan.Finding{
			Rule: "rc-bond-new", What: "an upgrade left a new rc.bond, and the old one still runs",
			Why: "what the new version mended in the script is not in effect", Do: do,
		})
	}
}

// byHand is what a script does that makes bonds without rc.bond.
var byHand = regexp.MustCompile(`(?m)^[^#\n]*(\bifenslave\s+\S|\bmodprobe\s+(-\S+\s+)*bonding\b|bonding_masters|\bip\s+link\s+add\b.*\btype\s+bond\b)`)

// script that rc.local runs, as "/etc/rc.d/rc.bonding start".
var rcScript = regexp.MustCompile(`(?m)^[^#\n]*/etc/rc\.d/([A-Za-z0-9_.-]+)`)

// others has the rules about rc.local, and about the scripts of /etc/rc.d that
// it runs: the other place for bonds on Slackware. It gives the text of rc.local.
func (c *checker) others(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	c.bondsByHand(path, string(text))
	for _, m := range rcScript.FindAllStringSubmatch(string(text), 20) {
		name := filepath.Base(m[1])
		if name == "rc.bond" || name == "rc.inet1" || name == "rc.local" {
			continue
		}
		script := filepath.Join(filepath.Dir(path), name)
		if text, err := os.ReadFile(script); err == nil {
			c.bondsByHand(script, string(text))
		}
	}
	return string(text)
}

func (c *checker) bondsByHand(path, text string) {
	at := byHand.FindStringIndex(text)
	if at == nil {
		return
	}
	line := 1 + strings.Count(text[:at[1]], "\n")
	found := strings.TrimSpace(text[at[0]:])
	found, _, _ = strings.Cut(found, "\n")
	c.warn(shconf.Pos{File: path, Line: line}, plan.Finding{
		Rule: "bonds-by-hand", What: fmt.Sprintf("this makes a bond by hand: %.60s", found),
		Why: "it and rc.bond want the same NICs: the second one fails, or undoes what the first did", Do: "take it out: rc.bond.conf has all of it",
	})
}
