// SPDX-License-Identifier: MIT

package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// References names the environment variables by which a test run can bring
// programs of others into the guest, for scenarios that compare with them. Each
// is a file or folder and becomes /vm/ref/NAME; a scenario that needs one which
// is not there calls skip.
var References = []string{"IFENSLAVE_C", "RC_INET1", "RC_INET1_DIR", "PKGTOOLS_DIR", "EXASOCK_KO", "BASH42"}

// WriteInitrd makes the initial file system at path: the one that kernels.sh made
// for the kernel, then guest/ and scenarios/ of here, the package, the table of bonding
// options (/vm/options), and the folders of
// test programs (/vm/tests) and of mutants where there are any.
func WriteInitrd(path, kernelDir, here, pkg, tests, mutants string) error {
	tree, err := os.MkdirTemp(filepath.Dir(path), "initrd")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tree)
	scenarios := filepath.Join(tree, "vm", "scenarios")
	if err := os.CopyFS(scenarios, os.DirFS(filepath.Join(here, "scenarios"))); err != nil {
		return err
	}
	files := map[string]string{
		filepath.Join(here, "guest", "init"):    "init",
		filepath.Join(here, "guest", "install"): "vm/install",
		pkg:                                     "vm/package" + filepath.Ext(pkg),
	}
	for from, to := range files {
		if err := copyFile(filepath.Join(tree, to), from); err != nil {
			return err
		}
	}
	if err := writeOptions(filepath.Join(tree, "vm", "options")); err != nil {
		return err
	}
	for _, name := range References {
		if from := os.Getenv(name); from != "" {
			if err := copyTree(filepath.Join(tree, "vm", "ref", name), from); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for name, from := range map[string]string{"tests": tests, "mutants": mutants} {
		if from == "" {
			continue
		}
		if err := copyTree(filepath.Join(tree, "vm", name), from); err != nil {
			return err
		}
	}
	return archive(path, filepath.Join(kernelDir, "base.cpio"), tree)
}

// archive writes the cpio archive base followed by one of tree. The kernel reads
// archives that stand one after the other into one file system.
func archive(path, base, tree string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	in, err := os.Open(base)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	cmd := exec.Command("sh", "-c", "find . | cpio --quiet -o -H newc -R 0:0")
	cmd.Dir = tree
	cmd.Stdout = out
	stderr := new(strings.Builder)
	cmd.Stderr = stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cpio: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return out.Close()
}

func copyTree(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	return copyFile(to, from)
}

// copyFile keeps the mode.
func copyFile(to, from string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
