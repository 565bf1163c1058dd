// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// planFinish lists what comes after the files: records and scripts. The record
// is that of the package which is installed, nil for a removal.
//
// The order is what scripts can see. While doinst.sh runs, scripts/ has a script
// of the package just if it was there before, so that the script can tell a first
// installation; removed_packages has the record of the version that is replaced.
// The script for a removal runs only on a removal, when the record is gone.
func (c *changer) planFinish(record *Record) error {
	f := &finishPlan{x: c.x}
	stamp := ""
	if record != nil {
		stamp = "-upgraded-" + c.start.Format("2006-01-02,15:04:05")
	}
	for _, r := range c.olds {
		if err := c.planOldRecord(f, r, stamp, record); err != nil {
			return err
		}
	}
	if !c.d.legacy && len(c.olds) > 0 {
		for _, l := range []string{"removed_packages", "removed_scripts", "removed_uninstall_scripts"} {
			f.add(finishStep{Do: "mkdir", Path: path.Join(c.d.removed, l)})
			f.add(finishStep{Do: "link", Path: path.Join(c.d.log, l), Link: "pkgtools/" + l})
		}
	}
	if record != nil {
		if err := f.write(path.Join(c.d.adm, "packages", record.Full), record.format(), 0o644); err != nil {
			return err
		}
		if c.pkg.Douninst != nil {
			if err := f.write(path.Join(c.d.adm, "douninst.sh", record.Full), c.pkg.Douninst, 0o755); err != nil {
				return err
			}
		}
	}
	f.add(finishStep{Do: "attributes"})
	f.add(finishStep{Do: "ldconfig"})
	if record == nil {
		return c.planDouninst(f)
	}
	script := path.Join(c.d.adm, "scripts", record.Full)
	if c.pkg.Doinst == nil {
		f.add(finishStep{Do: "delete", Path: script})
		return nil
	}
	upgrade := len(c.olds) > 0
	if upgrade {
		if err := f.write(script, c.pkg.Doinst, 0o755); err != nil {
			return err
		}
	}
	if err := f.script(finishStep{Do: "doinst"}, c.pkg.Doinst); err != nil || upgrade {
		return err
	}
	return f.write(script, c.pkg.Doinst, 0o755)
}

// planOldRecord moves the record and the scripts of a package that goes to the
// removed ones.
func (c *changer) planOldRecord(f *finishPlan, r *Record, stamp string, record *Record) error {
	text, err := c.d.readFile("packages/" + r.Full)
	if err != nil {
		return err
	}
	to := r.Full
	if !strings.Contains(to, "-upgraded-") {
		to += stamp
	}
	if err := f.write(path.Join(c.d.removed, "removed_packages", to), text, 0o644); err != nil {
		return err
	}
	if r.Script != nil {
		if err := f.write(path.Join(c.d.removed, "removed_scripts", to), r.Script, 0o755); err != nil {
			return err
		}
	}
	un, err := c.d.readFile("douninst.sh/" + r.Full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := f.write(path.Join(c.d.removed, "removed_uninstall_scripts", to), un, 0o755); err != nil {
			return err
		}
	}
	if record == nil || r.Full != record.Full {
		f.add(finishStep{Do: "delete", Path: path.Join(c.d.adm, "packages", r.Full)})
		f.add(finishStep{Do: "delete", Path: path.Join(c.d.adm, "scripts", r.Full)})
	}
	return nil
}

// planDouninst runs the script that a package has left for its removal, under
// the name that removepkg gives it: what differs in an upgrade there is the name,
// and scripts look at it.
func (c *changer) planDouninst(f *finishPlan) error {
	for _, r := range c.olds {
		un, err := c.d.readFile("douninst.sh/" + r.Full)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		step := finishStep{Do: "douninst", Path: path.Join(c.d.adm, workParent, r.Full)}
		if err := f.script(step, un); err != nil {
			return err
		}
	}
	return nil
}

// finishPlan adds finishing steps to a transaction.
type finishPlan struct{ x *transaction }

func (f *finishPlan) add(s finishStep) { f.x.list.Finish = append(f.x.list.Finish, s) }

func (f *finishPlan) write(p string, content []byte, mode fs.FileMode) error {
	return f.script(finishStep{Do: "write", Path: p, Mode: mode}, content)
}

// script adds a step that needs the content.
func (f *finishPlan) script(s finishStep, content []byte) (err error) {
	s.From, err = f.x.keep(content)
	f.add(s)
	return err
}
