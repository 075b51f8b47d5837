// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// WriteGallery writes a page with all figures and tables of some artefacts, DIR/gallery.md, and its pictures to
// DIR/gallery. It returns the page's name.
func WriteGallery(dir string, artefacts []Artefact, store *Store, o Options) (string, error) {
	if err := os.MkdirAll(filepath.Join(dir, "gallery"), 0o755); err != nil {
		return "", fmt.Errorf("writing the gallery: %w", err)
	}
	var page bytes.Buffer
	fmt.Fprintf(&page, "# Gallery\n\nEvery figure and table at the scale %s, from stored records. This page is "+
		"written by `go tool dpt figures --scale %s --gallery notebooks`; each figure's name leads to its notebook.\n", o.Setup, o.Setup)
	for _, a := range artefacts {
		results, err := a.Results(store, o)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&page, "\n## [%s](%s.ipynb): %s\n", a.Name, a.Name, a.Title)
		for _, r := range results {
			text, err := r.gallery(dir)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&page, "\n%s\n", text)
		}
	}
	name := filepath.Join(dir, "gallery.md")
	if err := renameio.WriteFile(name, page.Bytes(), 0o644); err != nil {
		return "", fmt.Errorf("writing the gallery: %w", err)
	}
	return name, nil
}

// gallery is a result as the page has it: a table itself, or a link to a picture that it writes.
func (r Result) gallery(dir string) (string, error) {
	if r.Table != nil {
		text, err := r.Table.Markdown()
		return strings.TrimSpace(string(text)), err
	}
	d, err := r.Drawing()
	if err != nil {
		return "", err
	}
	picture, err := d.PNG()
	if err != nil {
		return "", err
	}
	file := "gallery/" + r.Name + ".png"
	if err := renameio.WriteFile(filepath.Join(dir, file), picture, 0o644); err != nil {
		return "", fmt.Errorf("writing the gallery: %w", err)
	}
	return fmt.Sprintf("<img src=\"%s\" width=\"%.0f\" alt=\"%s\">", file, d.Width.Points()*1.5,
		strings.ReplaceAll(d.Title, `"`, "'")), nil
}
