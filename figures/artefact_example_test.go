// SPDX-License-Identifier: Apache-2.0

package figures

// Each figure and table drawn from made-up records, compared with the picture or text in testdata.

func ExampleFig01() {
	compared(Fig01)
	// Output:
	// fig01 is as stored
	// fig01-published is as stored
}

func ExampleFig02() {
	compared(Fig02)
	// Output:
	// fig02 is as stored
}

func ExampleFig03() {
	compared(Fig03)
	// Output:
	// fig03 is as stored
	// fig03-controls is as stored
}

func ExampleFig04() {
	compared(Fig04)
	// Output:
	// fig04 is as stored
}

func ExampleFig05() {
	compared(Fig05)
	// Output:
	// fig05 is as stored
}

func ExampleFig06() {
	compared(Fig06)
	// Output:
	// fig06 is as stored
}

func ExampleFig07() {
	compared(Fig07)
	// Output:
	// fig07 is as stored
}

func ExampleFig08() {
	compared(Fig08)
	// Output:
	// fig08 is as stored
}

func ExampleFig09() {
	compared(Fig09)
	// Output:
	// fig09 is as stored
}

func ExampleFig10() {
	compared(Fig10)
	// Output:
	// fig10 is as stored
}

func ExampleFig11() {
	compared(Fig11)
	// Output:
	// fig11 is as stored
}

func ExampleTable1() {
	compared(Table1)
	// Output:
	// table1 is as stored
	// table1-differences is as stored
	// table1-found is as stored
	// table1-published is as stored
}

func ExampleTable2() {
	compared(Table2)
	// Output:
	// table2 is as stored
	// table2-published is as stored
}

func ExampleTable3() {
	compared(Table3)
	// Output:
	// table3 is as stored
	// table3-published is as stored
}

func ExampleTable4() {
	compared(Table4)
	// Output:
	// table4 is as stored
	// table4-published is as stored
}

func ExampleChoices() {
	compared(Choices)
	// Output:
	// choices is as stored
	// choices-difference is as stored
}

func ExampleRates() {
	compared(Rates)
	// Output:
	// rates is as stored
	// rates-chosen is as stored
	// rates-differences is as stored
	// rates-table1 is as stored
	// rates-table1-differences is as stored
}

func ExampleStarts() {
	compared(Starts)
	// Output:
	// starts is as stored
}

func ExampleScales() {
	compared(Scales)
	// Output:
	// scales is as stored
}

func ExampleBudgets() {
	compared(Budgets)
	// Output:
	// budgets is as stored
	// budgets-differences is as stored
	// budgets-losses is as stored
}

func ExampleProbes() {
	compared(Probes)
	// Output:
	// probes is as stored
	// probes-kept is as stored
}

func ExampleRanks() {
	compared(Ranks)
	// Output:
	// ranks is as stored
}

func ExampleMethods() {
	compared(Methods)
	// Output:
	// methods is as stored
	// methods-scores is as stored
	// methods-differences is as stored
	// methods-choices is as stored
	// methods-parameters is as stored
	// methods-published is as stored
}
