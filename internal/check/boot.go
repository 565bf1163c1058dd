// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"os"
	"strings"

	"github.com/slackbond/slackbond/internal/inet1"
	"github.com/slackbond/slackbond/internal/shconf"
)

// boot has the rules about whether anything runs rc.bond at all.
func (c *checker) boot() {
	if info, err := os.Stat(c.RCBond); c.RCBond != "" {
		at := shconf.Pos{File: c.RCBond, Line: 1}
		switch {
		case err != nil:
			c.err(at, "no-rc-bond", c.RCBond+" is not there", "nothing makes the bonds", "install the package again; its copy is "+c.RCBond+".new")
		case info.Mode()&0o111 == 0:
			c.warn(at, "rc-bond-off", c.RCBond+" is not executable", "that switches it off: no bond at boot", "chmod 755 "+c.RCBond)
		}
	}
	if info, err := os.Stat(c.Bond.File.Name); err == nil && info.Mode()&0o022 != 0 {
		c.warn(shconf.Pos{File: c.Bond.File.Name, Line: 1}, "writable", fmt.Sprintf("mode %04o: others than root can write it", info.Mode().Perm()), "root runs what stands in it", "chmod 600 "+c.Bond.File.Name)
	}
	s := c.Guard
	at := shconf.Pos{File: s.File, Line: max(s.Line, 1)}
	switch s.State {
	case inet1.Off:
		if text, err := os.ReadFile(c.RCLocal); c.RCLocal == "" || err != nil || !strings.Contains(string(text), "rc.bond") {
			c.warn(at, "guard-off", "nothing runs rc.bond before rc.inet1", "no bond at boot, or one without addresses", "bondctl inet1 enable")
		}
	case inet1.Lost, inet1.Stale:
		c.warn(at, "guard-"+string(s.State), "the guard is "+string(s.State)+": "+s.Why, "bonds are not made before rc.inet1 wants them, or as an older version did", "bondctl inet1 enable")
	case inet1.Broken:
		c.err(at, "guard-broken", "the guard is broken: "+s.Why, "rc.bond is not run at boot", "see bondctl inet1 status")
	}
}
