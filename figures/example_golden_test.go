// SPDX-License-Identifier: Apache-2.0

package figures_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"dpt/figures"
)

// TestExamples draws each example's figure from the JSON that the example wrote: the picture is that of the example,
// byte for byte, and as stored in testdata.
func TestExamples(t *testing.T) {
	for name, example := range map[string]func(){
		"bands": ExampleFigure, "bars": ExampleFigure_bars, "steps": ExampleFigure_steps,
		"panels": ExampleFigure_panels,
	} {
		example()
		base := "../build/examples/" + name
		data, err := os.ReadFile(base + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var f figures.Figure
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		d, err := f.Drawing()
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.PNG()
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(base + ".png"); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the figure read back from its JSON is drawn otherwise (%v)", name, err)
		}
		if said := figures.ComparedPicture("example-"+name, d); said != "example-"+name+" is as stored" {
			t.Error(said)
		}
	}
}
