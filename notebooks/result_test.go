// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	cell := func(outputs string) string {
		return `{"cells":[{"cell_type":"markdown","source":[]},{"cell_type":"code","outputs":[` + outputs + `]}]}`
	}
	stream := func(name, text string) string {
		return `{"output_type":"stream","name":"` + name + `","text":` + text + `}`
	}
	image := `{"output_type":"display_data","data":{"image/png":"iVBO","text/plain":["x"]}}`
	failure := `{"output_type":"error","ename":"ERROR","evalue":"exit status 2","traceback":["panic: no rows"]}`
	pieces := stream("stderr", `"panic: "`) + "," + stream("stderr", `"no rows"`)
	for name, c := range map[string]struct{ notebook, summary, problem string }{
		"text and an image": {cell(stream("stdout", `["a\n","b"]`) + "," + image), "1 cells, 1 images", ""},
		"failed cell":       {cell(failure), "", "cell 2 failed: exit status 2\npanic: no rows"},
		"standard error": {cell(stream("stderr", `["exit ","status 1"]`)), "",
			"cell 2 wrote to standard error:\nexit status 1"},
		"in pieces":   {cell(pieces), "", "panic: no rows"},
		"one string":  {cell(stream("stderr", `"oops"`)), "", "oops"},
		"no notebook": {`[]`, "", "n.ipynb"},
	} {
		path := filepath.Join(t.TempDir(), "n.ipynb")
		if err := os.WriteFile(path, []byte(c.notebook), 0o644); err != nil {
			t.Fatal(err)
		}
		summary, err := check(path)
		if summary != c.summary || (err == nil) != (c.problem == "") || err != nil &&
			!strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: found %q and %v", name, summary, err)
		}
	}
}
