// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Export writes base.pdf, base.svg and base.png, makes their folder if need be, and returns their names. Each file
// is there whole or not at all, and a file of the same name is replaced only by a finished one.
func (d *Drawing) Export(base string) (names []string, err error) {
	return export(d.Title, base, d.formats())
}

// Export writes the picture as [Drawing.Export] does, and the data as base.csv and base.json.
func (f *Figure) Export(base string) (names []string, err error) {
	d, err := f.Drawing()
	if err != nil {
		return nil, err
	}
	return export(f.Title, base, append(d.formats(), format{".csv", f.CSV}, format{".json", f.JSON}))
}

// Export writes base.tex, which is a float, base-tabular.tex, which is its tabular alone, base.md, base.html,
// base.csv and base.json.
func (t *Table) Export(base string) (names []string, err error) {
	return export(t.Title, base, []format{{".tex", t.LaTeX}, {"-tabular.tex", t.Tabular}, {".md", t.Markdown},
		{".html", t.HTML}, {".csv", t.CSV}, {".json", t.JSON}})
}

type format struct {
	suffix string
	render func() ([]byte, error)
}

func (d *Drawing) formats() []format {
	return []format{{".pdf", d.PDF}, {".svg", d.SVG}, {".png", d.PNG}}
}

func export(title, base string, formats []format) (names []string, err error) {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return nil, fmt.Errorf("exporting %q: %w", title, err)
	}
	for _, format := range formats {
		data, err := format.render()
		if err != nil {
			return names, err
		}
		if err := renameio.WriteFile(base+format.suffix, data, 0o644); err != nil {
			return names, fmt.Errorf("exporting %q: %w", title, err)
		}
		names = append(names, base+format.suffix)
	}
	return names, nil
}
