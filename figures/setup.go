// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/toy"
)

// Setup says how one scale carries out the paper's experiments. All choices in which the scales differ are in this
// file.
type Setup struct {
	Name   string            // one of [Setups]
	Scale  string            // of the numbers: the quick variant's are toy numbers
	Models map[string]string // by the size of the paper's T5: "small", "base", "large"
	Data   string            // see [runs.Library]
	Tasks  []string          // in the order of [PaperTasks]
	Seeds  []uint64
	Note   string // for captions

	MainSeeds  map[string][]uint64 // of Table 1's prompt methods and of Probes, by size, where these are not Seeds
	FieldSeeds []uint64            // of Methods, and of the methods at OwnRates, where these are not Seeds

	Length         int   // c, where a figure doesn't vary it
	Bottleneck     int   // b, likewise
	ShortLength    int   // c of Table 4
	Bottlenecks    []int // of Figures 5 and 10
	Lengths        []int // of Figures 6 and 11
	TinyLengths    []int // of Figure 7,
	TinyBottleneck int   // with this b
	Huge           []int // bottlenecks of Figure 8
	FewShot        []int // training examples of Figure 4

	// Of the controls, which are beside the paper's figures.
	ControlSize string            // whose model they are of
	Unscaled    map[string]string // by size: the same model at the scale that it was trained at; none for T5
	Rates       []float64         // peak learning rates
	RateTasks   []string          // on which each method's rate is chosen
	// by the method's name: the one of Rates with the best mean of RateTasks, as the stored runs have it (a test
	// ensures that); nil where they have not been run
	OwnRates map[string]float64
	Starts   []float64 // standard deviations of a prompt's elements at the start
	Budgets  []int     // lengths of training, as multiples of the recipe's
	Kept     []int     // singular values of a stored prompt
	Test     string    // split that nothing is selected on; "" where it has no labels

	chosen  []string // tasks asked for, instead of a figure's own
	recipe  func(fewShot int) train.Recipe
	probing int // updates between two looks at the rank probe; 0: an epoch
}

// The sizes of the paper's T5.
const (
	small = "small"
	base  = "base"
	large = "large"
)

// Quick is the name of a setup of a part of the toy's runs.
const Quick = "quick"

// Setups are the names of what [Options] can ask for.
var Setups = []string{Quick, Toy, Small, Paper}

// controlTasks are those that the controls show one by one. They were chosen before any of these runs, as tasks on
// which PT scored below DPT in two runs each on a toy model at T5's scale; so they are not a sample of tasks.
var controlTasks = []string{"WiC", "BoolQ", "RTE"}

// dptStart is the standard deviation of DPT's prompt at the start: sqrt(b)/12 at b = 10.
var dptStart = math.Sqrt(10) / 12

// toySetup has the models and tasks that are part of the program. They were pre-trained without dropout and are tuned
// without. Its texts have some 30 words, so that 20 vectors are to them what the paper's 100 are to SuperGLUE's.
func toySetup() Setup {
	ten := []uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	return Setup{
		Name: Toy, Scale: Toy, Data: "toy", Tasks: PaperTasks, Seeds: ten[:3],
		MainSeeds: map[string][]uint64{base: ten, large: ten}, FieldSeeds: ten[:5],
		Models: map[string]string{small: "toy-s", base: "toy-b", large: "toy-l"}, Note: "Toy models on toy " +
			"SuperGLUE.",
		Length: 20, Bottleneck: 10, ShortLength: 5,
		Bottlenecks: []int{1, 2, 4, 6, 10, 14}, Lengths: []int{5, 20, 40}, TinyLengths: []int{2, 5}, TinyBottleneck: 2,
		Huge: []int{10, 100, 1000}, FewShot: []int{8, 16, 32},
		ControlSize: large, Unscaled: map[string]string{base: "toy-b" + toy.Unscaled, large: "toy-l" + toy.Unscaled},
		Rates: []float64{0.003, 0.01, 0.1, 0.3, 1, 3, 10}, RateTasks: controlTasks,
		OwnRates: map[string]float64{"DPT": 10, "PT": 3, "Residual PT": 1},
		Starts:   []float64{0.1, dptStart, 1, 10},
		Budgets:  []int{1, 3}, Kept: []int{1, 2, 3, 4, 6, 8, 10, 14, 20}, Test: "test",
		recipe: toyRecipe, probing: 20,
	}
}

// toyRecipe is the paper's but for its length: some 2 epochs of the large tasks, 10 to 16 of the small ones. Few-shot
// runs are looked at twice: they take longer to evaluate than to train.
func toyRecipe(fewShot int) train.Recipe {
	r := train.PaperRecipe
	r.Epochs, r.Dropout, r.Updates, r.EvaluateEvery = 0, 0, 240, 80
	if fewShot > 0 {
		r.Updates, r.EvaluateEvery = 160, 80
	}
	return r
}

// quickSetup is toySetup's runs of one task and one seed.
func quickSetup() Setup {
	s := toySetup()
	s.Name, s.Tasks, s.Note = Quick, []string{"WiC"}, "Quick variant: toy models on toy WiC."
	s.Seeds, s.MainSeeds, s.FieldSeeds = s.Seeds[:1], nil, nil
	return s
}

// paperSetup is the paper's, with the choices that its text leaves open made as the released code makes them: labels
// are digits, batches of 16, warm-up and linear decay. The paper doesn't say which seeds it has.
func paperSetup() Setup {
	return Setup{
		Name: Paper, Scale: Paper, Tasks: PaperTasks, Seeds: []uint64{42, 43, 44},
		Models: map[string]string{small: "t5-small", base: "t5-base", large: "t5-large"},
		Length: 100, Bottleneck: 10, ShortLength: 10,
		Bottlenecks: []int{4, 6, 8, 10, 12, 14}, Lengths: []int{20, 100, 200}, TinyLengths: []int{6, 10},
		TinyBottleneck: 2,
		Huge:           []int{10, 1000, 10000}, FewShot: []int{8, 16, 32},
		ControlSize: base, Rates: []float64{0.03, 0.1, 0.3, 1, 3}, RateTasks: controlTasks,
		Starts:  []float64{0.03, 0.1, dptStart, 1, 3, 10},
		Budgets: []int{1}, Kept: []int{1, 2, 4, 6, 8, 10, 14, 20, 50, 100},
		recipe: paperRecipe,
	}
}

// paperRecipe has 100 epochs; few-shot runs, which have an update or two in each, are evaluated after every tenth.
func paperRecipe(fewShot int) train.Recipe {
	r := train.PaperRecipe
	if fewShot > 0 {
		r.EvaluateEvery = 10 * ((fewShot + r.BatchSize - 1) / r.BatchSize)
	}
	return r
}

// smallSetup is the paper's on T5-small in the place of all sizes, on the tasks that a CPU can train, with the released
// code's default of 20 epochs.
func smallSetup() Setup {
	s := paperSetup()
	s.Name, s.Scale, s.Tasks, s.Note = Small, Small, []string{"WSC", "CB", "COPA", "RTE"}, "T5-small, 20 epochs."
	s.Models = map[string]string{small: "t5-small"}
	s.recipe = func(fewShot int) train.Recipe {
		r := paperRecipe(fewShot)
		if fewShot == 0 {
			r.Epochs = 20
		}
		return r
	}
	return s
}

// Options say what an artefact is to be made of.
type Options struct {
	Setup string   // one of [Setups]
	Seeds []uint64 // none: the setup's
	Tasks []string // none: the artefact's own, as far as the setup has them
	Data  string   // folder of SuperGLUE's files for the scales small and paper; "" is the data that was fetched
}

func (o Options) setup() (s Setup, err error) {
	switch o.Setup {
	case Toy:
		s = toySetup()
	case Quick:
		s = quickSetup()
	case Small:
		s = smallSetup()
	case Paper:
		s = paperSetup()
	default:
		return s, fmt.Errorf("a scale is one of %s, found %q", strings.Join(Setups, ", "), o.Setup)
	}
	for _, name := range o.Tasks {
		task, err := superglue.Lookup(strings.TrimSpace(name))
		if err != nil {
			return s, err
		}
		if slices.Contains(s.chosen, task.Name) {
			return s, fmt.Errorf("a task must be named once, found %s again", task.Name)
		}
		s.chosen = append(s.chosen, task.Name)
	}
	if len(o.Seeds) > 0 {
		s.Seeds, s.MainSeeds, s.FieldSeeds = o.Seeds, nil, nil
	}
	if s.Scale != Toy {
		if runs.ToyData(o.Data) {
			return s, fmt.Errorf("the data of scale %s must be a folder of SuperGLUE's files, or what was fetched; "+
				"found the look-alikes %q", s.Scale, o.Data)
		}
		s.Data = o.Data
	}
	return s, nil
}

// Chosen returns the tasks that were asked for, or else an artefact's own as far as the setup has them, or else the
// setup's first.
func (s Setup) Chosen(own ...string) []string {
	if len(s.chosen) > 0 {
		return s.chosen
	}
	var both []string
	for _, task := range own {
		if slices.Contains(s.Tasks, task) {
			both = append(both, task)
		}
	}
	if both == nil {
		return s.Tasks[:1]
	}
	return both
}

// sizes are those that there is a model for.
func (s Setup) sizes() (sizes []string) {
	for _, size := range []string{small, base, large} {
		if s.Models[size] != "" {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// model is that of a size, or the largest that there is.
func (s Setup) model(size string) string {
	if name := s.Models[size]; name != "" {
		return name
	}
	sizes := s.sizes()
	return s.Models[sizes[len(sizes)-1]]
}

// title is a size's model as a reader knows it.
func (s Setup) title(size string) string {
	return strings.Replace(s.model(size), "t5", "T5", 1)
}

// config is the architecture of a size's model.
func (s Setup) config(size string) t5.Config { return configOf(s.model(size)) }

func configOf(model string) t5.Config {
	switch model {
	case "t5-small":
		return t5.Small
	case "t5-base":
		return t5.Base
	case "t5-large":
		return t5.Large
	}
	c, err := toy.Config(model)
	if err != nil {
		panic(err) // setups name no other
	}
	return c
}

// The methods of the paper, at prompt length c.

func dpt(c, b int) prompt.Method {
	return prompt.DPT{Length: c, Bottleneck: b, Start: prompt.Uniform}
}

func pt(c int) prompt.Method { return prompt.PT{Length: c, Start: prompt.Frequent} }

// residual has the papers' bottleneck of 400 on T5, and half the model's width, which is about that of T5-base, on a
// toy.
func (s Setup) residual(size string, c int) prompt.Method {
	bottleneck := 400
	if strings.HasPrefix(s.model(size), "toy") {
		bottleneck = s.config(size).DModel / 2
	}
	return prompt.ResidualPT{Length: c, Bottleneck: bottleneck, Start: prompt.Frequent}
}

// mainSeeds are those of Table 1's prompt methods on a size's model.
func (s Setup) mainSeeds(size string) []uint64 {
	if seeds := s.MainSeeds[size]; seeds != nil {
		return seeds
	}
	return s.Seeds
}

// Methods returns the three methods that the paper compares, DPT, PT and Residual PT, at the setup's prompt length and
// bottleneck.
func (s Setup) Methods(size string) []prompt.Method { return s.prompts(size, s.Length, s.Bottleneck) }

// prompts are the three methods that the paper compares.
func (s Setup) prompts(size string, c, b int) []prompt.Method {
	return []prompt.Method{dpt(c, b), pt(c), s.residual(size, c)}
}
