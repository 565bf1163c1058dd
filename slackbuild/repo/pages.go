// SPDX-License-Identifier: MIT

package repo

import (
	"bytes"
	"embed"
	"html/template"
	"os"
	"path"
	"strings"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

//go:embed pages
var pagesFS embed.FS

var pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"kib": kib,
	"day": func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"up":  func(name string) string { return strings.Repeat("../", strings.Count(name, "/")) },
}).ParseFS(pagesFS, "pages/*.html"))

// generator is how a page is known to be this package's.
const generator = `<meta name="generator" content="mkslack">`

// page is what the templates see of a package.
type page struct {
	*entry
	pkgtools.Name
	File    string // of the package, without directories
	Page    string // path of its page, relative to the repository
	Short   string // the text in parentheses
	Text    []string
	Files   []string
	Repo    string
	Updated time.Time
}

// pages writes index.html and a page beside each package.
func (r *repository) pages() error {
	var all []page
	for _, p := range r.packages {
		n, err := pkgtools.ParseName(p.name)
		if err != nil {
			return err
		}
		full, _ := pkgtools.TrimExt(p.name)
		pg := page{entry: p, Name: n, File: path.Base(p.name), Page: path.Join(path.Dir(p.name), full+".html"),
			Repo: r.title, Updated: r.updated}
		pg.Short, pg.Text = describe(n.Name, p.Description)
		for _, m := range p.Members {
			if f := strings.SplitN(strings.Join(strings.Fields(m), " "), " ", 6); len(f) == 6 && f[5] != "./" && !strings.HasPrefix(f[5], "install/") {
				pg.Files = append(pg.Files, "/"+f[5])
			}
		}
		var b bytes.Buffer
		if err := pageTemplates.ExecuteTemplate(&b, "package.html", pg); err != nil {
			return err
		}
		r.put(pg.Page, b.Bytes())
		all = append(all, pg)
	}
	var b bytes.Buffer
	err := pageTemplates.ExecuteTemplate(&b, "index.html", map[string]any{
		"Title": r.title, "Updated": r.updated, "Packages": all, "Key": r.key != "" || fileExists(r.path("GPG-KEY")),
	})
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(r.path("index.html")); err == nil && !bytes.Contains(old, []byte(generator)) {
		r.remark("index.html: left as it is: mkslack has not made it; remove it to have one with a search")
		return nil
	}
	r.put("index.html", b.Bytes())
	return nil
}

// describe takes the lines of slack-desc apart.
func describe(name string, lines []string) (short string, text []string) {
	for i, line := range lines {
		line = strings.TrimSpace(strings.TrimPrefix(line, name+":"))
		if i == 0 {
			short = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(line, name)), "("), ")")
			continue
		}
		text = append(text, line)
	}
	for len(text) > 0 && text[len(text)-1] == "" {
		text = text[:len(text)-1]
	}
	for len(text) > 0 && text[0] == "" {
		text = text[1:]
	}
	return short, text
}
