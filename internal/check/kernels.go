// SPDX-License-Identifier: MIT

package check

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/shconf"
)

// modules is where a kernel's modules lie, below its release.
const modules = "lib/modules"

// A kernel is one that the bonds are to come up on.
type kernel struct {
	name    string // as uname -r prints it
	release bond.Release
	running bool
	asked   bool // by its name
}

// candidates are the kernel that was asked about, or those that run or are
// installed.
func (c *checker) candidates() []kernel {
	var list []kernel
	add := func(k kernel) {
		var ok bool
		if k.release, ok = bond.ParseRelease(k.name); ok {
			list = append(list, k)
		}
	}
	if c.Kernel != "" {
		add(kernel{name: c.Kernel, asked: true, running: c.Kernel == c.Host.Running})
		return list
	}
	if c.Host.Running != "" {
		add(kernel{name: c.Host.Running, running: true})
	}
	if c.Host.Root == "" {
		return list
	}
	entries, err := os.ReadDir(c.Host.path(modules))
	if err != nil {
		return list
	}
	for _, e := range entries {
		if e.Name() != c.Host.Running && c.Host.isKernel(e.Name()) {
			add(kernel{name: e.Name()})
		}
	}
	return list
}

// isKernel tells a kernel's modules from a folder that a removed kernel left
// behind, or that has third-party modules alone.
func (h Host) isKernel(release string) bool {
	_, err := os.Stat(h.path(modules, release, "kernel"))
	return err == nil
}

// kernels has the rules about the kernels that the bonds are to come up on.
func (c *checker) kernels() {
	list := c.candidates()
	for _, k := range list {
		c.driver(k)
	}
	c.moduleParameters(list)
	for _, b := range c.plan.Bonds {
		for _, s := range b.Options {
			if s.Given {
				c.option(&b, s, list)
			}
		}
	}
}

// driver has the rules about the modules of one kernel.
func (c *checker) driver(k kernel) {
	if c.Host.Root == "" {
		return
	}
	at := shconf.Pos{File: c.Host.path(modules, k.name)}
	wanted := append([]string{"bonding"}, c.plan.Modules...)
	has, known := c.Host.modules(k.name)
	switch {
	case !known && k.asked && !k.running:
		// It is not installed here: nothing to say of its modules.
		return
	case !known && !c.loaded("bonding"):
		c.fault(at, plan.Finding{
			Rule: "module-missing", What: fmt.Sprintf("the modules of the kernel %s, which runs, are not installed", k.name),
			Why: "bonding cannot be loaded, and no bond is made", Do: "install the kernel-modules package of this kernel, or start an installed kernel",
		})
		return
	case !known:
		return
	}
	for _, module := range wanted {
		name := strings.ReplaceAll(module, "-", "_")
		if has[name] || k.running && c.loaded(name) {
			continue
		}
		f := plan.Finding{
			Rule: "module-missing", What: fmt.Sprintf("the kernel %s has no module %s", k.name, module),
			Why: "no bond is made when it runs", Do: "install the kernel-modules package of this kernel",
		}
		if module != "bonding" {
			f.Why, f.Do = "the NICs that need it are missing when it runs", "correct MODULES, or install the module for this kernel"
		}
		if k.running && module == "bonding" {
			c.fault(at, f)
		} else {
			c.warn(at, f)
		}
	}
}

func (c *checker) loaded(module string) bool {
	_, err := os.Stat(c.Host.path("sys/module", module))
	return err == nil
}

// modules are those of a kernel and those that are built into it, with
// underscores; known is false where the kernel is not installed.
func (h Host) modules(release string) (names map[string]bool, known bool) {
	names = map[string]bool{}
	for _, list := range []string{"modules.dep", "modules.builtin"} {
		f, err := os.Open(h.path(modules, release, list))
		if err != nil {
			continue
		}
		known = true
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20) // modules.dep has long lines
		for lines.Scan() {
			path, _, _ := strings.Cut(lines.Text(), ":")
			name, _, _ := strings.Cut(filepath.Base(path), ".")
			names[strings.ReplaceAll(name, "-", "_")] = true
		}
		f.Close()
	}
	return names, known
}

// option has the rules about an option, or a value, that a kernel does not take.
// What the running kernel shows counts more than its version.
func (c *checker) option(b *plan.Bond, s plan.Setting, list []kernel) {
	o := s.Spec()
	at := c.Bond.Bond(b.Name).IFOpts
	has, known := c.Host.probed(o)
	if known && !has && c.Kernel == "" {
		c.fault(at.Pos, plan.Finding{
			Rule: "option-kernel", Bond: b.Name, What: fmt.Sprintf("%s: the kernel that runs has no option %s", at.Name, o.Name),
			Why: "the bond comes up without it, and rc.bond ends with status 1", Do: "a newer kernel, or leave it out",
		})
	}
	var names []string
	why := ""
	for _, k := range list {
		text, whole, ok := o.Takes(k.release, b.Mode, s.Value)
		if ok || k.running && known && whole {
			continue
		}
		names, why = append(names, k.name), text
	}
	if len(names) == 0 {
		return
	}
	what := fmt.Sprintf("%s %s", o.Name, s.Value)
	if len(names) > 3 {
		names = append(names[:2:2], fmt.Sprintf("%d more", len(names)-2))
	}
	c.warn(at.Pos, plan.Finding{
		Rule: "option-kernel", Bond: b.Name, What: fmt.Sprintf("%s: the kernel %s does not take %q: %s", at.Name, strings.Join(names, ", "), what, why),
		Why: "unless it was changed in that kernel, the bond comes up without it, and rc.bond ends with status 1",
		Do:  "another kernel, or leave it out",
	})
}

// moduleParameters has the rules about what bonding is loaded with: a bad value
// stops the module.
func (c *checker) moduleParameters(list []kernel) {
	if c.Host.Root == "" {
		return
	}
	for _, m := range bond.ModuleOptions(c.Host.Root) {
		o := bond.Lookup(m.Name)
		if o == nil {
			continue
		}
		at := shconf.Pos{File: m.File, Line: m.Line}
		f := plan.Finding{Rule: "modprobe-option", Why: "the module refuses to load, and no bond is made", Do: "take it out: rc.bond.conf has the options of each bond"}
		value, err := o.Canonical(m.Value)
		if err != nil {
			f.What = fmt.Sprintf("bonding is loaded with %s=%s: %v", m.Name, m.Value, err)
			c.fault(at, f)
			continue
		}
		// Other options that a kernel does not have it ignores here.
		i := slices.IndexFunc(list, func(k kernel) bool {
			_, _, ok := o.Takes(k.release, bond.BalanceRR, value)
			return !ok && o.Name == "use_carrier"
		})
		if i >= 0 {
			f.What = fmt.Sprintf("bonding is loaded with %s=%s, which the kernel %s refuses", m.Name, m.Value, list[i].name)
			c.fault(at, f)
		}
	}
}
