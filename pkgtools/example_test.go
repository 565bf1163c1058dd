// SPDX-License-Identifier: MIT

package pkgtools_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

func ExampleParseName() {
	name, err := pkgtools.ParseName("/tmp/hello-world-1.0-x86_64-1_SBo.txz")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, version %s for %s, build %s\n", name.Name, name.Version, name.Arch, name.Build)
	// Output: hello-world, version 1.0 for x86_64, build 1_SBo
}

func ExampleSlackDesc() {
	d := pkgtools.SlackDesc{Name: "hello", Short: "a greeting", Text: []string{"Says hello."}}
	if err := d.Check(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(d.String()) > 0, len(pkgtools.CheckSlackDesc([]byte(d.String()), "hello")))
	// Output: true 0
}

// A package is made of entries, read back, installed and removed.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	day := time.Unix(1700000000, 0)
	text := []byte("#!/bin/sh\necho hello\n")
	entries := []pkgtools.Entry{
		{Path: "usr", Mode: fs.ModeDir | 0o755, User: "root", Group: "root", ModTime: day},
		{Path: "usr/bin", Mode: fs.ModeDir | 0o755, User: "root", Group: "root", ModTime: day},
		{Path: "usr/bin/hello", Mode: 0o755, User: "root", Group: "root", ModTime: day, Size: int64(len(text)), Open: pkgtools.Bytes(text)},
		{Path: "usr/bin/hi", Mode: fs.ModeSymlink | 0o777, ModTime: day, Link: "hello"},
	}
	file := filepath.Join(dir, "hello-1.0-noarch-1.tgz")
	if err := pkgtools.Write(ctx, file, entries, pkgtools.WriteOptions{Links: true}); err != nil {
		log.Fatal(err)
	}

	p, err := pkgtools.Scan(ctx, file, pkgtools.ReadOptions{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range p.Entries {
		fmt.Println(e.Mode, e.Path)
	}
	fmt.Println(p.Links())

	root := filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		log.Fatal(err)
	}
	db, err := pkgtools.OpenDatabase(root)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Install(ctx, file, pkgtools.ChangeOptions{}); err != nil {
		log.Fatal(err)
	}
	names, err := db.Names()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(names)
	// Output:
	// drwxr-xr-x .
	// drwxr-xr-x install
	// -rw-r--r-- install/doinst.sh
	// drwxr-xr-x usr
	// drwxr-xr-x usr/bin
	// -rwxr-xr-x usr/bin/hello
	// map[usr/bin/hi:hello]
	// [hello-1.0-noarch-1]
}

// A package need not be in a file.
func ExampleEncode() {
	ctx := context.Background()
	text := []byte("hello\n")
	entries := []pkgtools.Entry{
		{Path: "etc", Mode: fs.ModeDir | 0o755, User: "root", Group: "root"},
		{Path: "etc/motd", Mode: 0o644, User: "root", Group: "root", Size: int64(len(text)), Open: pkgtools.Bytes(text)},
	}
	var b bytes.Buffer
	if err := pkgtools.Encode(ctx, &b, ".tgz", entries, pkgtools.WriteOptions{}); err != nil {
		log.Fatal(err)
	}

	r, err := pkgtools.NewReader(ctx, bytes.NewReader(b.Bytes()), int64(b.Len()), pkgtools.ReadOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v %s %q\n", e.Mode, e.Path, content)
	}
	// Output:
	// drwxr-xr-x . ""
	// drwxr-xr-x etc ""
	// -rw-r--r-- etc/motd "hello\n"
}
