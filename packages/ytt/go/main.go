// The official ytt as a WebAssembly module that renders one template after another.
//
// It does what `ytt -f - --data-value-yaml KEY=JSON ...` does, over the same packages as that command, and prints errors
// as its main function does. The worker thread that runs it calls `render`; nothing else goes in or out.
package main

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"syscall/js"
	_ "unsafe" // for go:linkname

	"carvel.dev/ytt/pkg/cmd/template"
	"carvel.dev/ytt/pkg/cmd/ui"
	"carvel.dev/ytt/pkg/files"
	// The library modules that the ytt binary adds: toml.
	_ "carvel.dev/ytt/pkg/yttlibraryext"
	uierrs "github.com/cppforlife/go-cli-ui/errors"
)

// What ytt remembers from one template to the next, being made for one: the number of the last template, which shows in
// some errors, and whether the warning of @ytt:math has been printed. A render starts with both as a new process does.
//
//go:linkname lastTemplate carvel.dev/ytt/pkg/template.globalInsSetID
var lastTemplate int

//go:linkname hasWarned carvel.dev/ytt/pkg/yttlibrary.hasWarned
var hasWarned bool

func main() {
	// A render makes much garbage and keeps none: collecting less often saves a fifth of its time for 13 MiB. Near the
	// limit the collector works harder, so that garbage alone never reaches it.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(int64(js.Global().Get("memoryLimit").Float()))
	// render(template: string, values: string[]): [ok: boolean, text: Uint8Array]; each value is `KEY=JSON`.
	js.Global().Set("render", js.FuncOf(func(_ js.Value, args []js.Value) any {
		values := make([]string, args[1].Length())
		for i := range values {
			values[i] = args[1].Index(i).String()
		}
		output, err := render(args[0].String(), values)
		if err != nil {
			return []any{false, bytesToJS([]byte(fmt.Sprintf("ytt: Error: %s\n", uierrs.NewMultiLineError(err))))}
		}
		return []any{true, bytesToJS(output)}
	}))
	js.Global().Call("ready")
	select {}
}

func render(text string, values []string) (output []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	lastTemplate, hasWarned = 1, false
	file, err := files.NewFileFromSource(files.NewBytesSource("stdin.yml", []byte(text)))
	if err != nil {
		return nil, err
	}
	var stdout bytes.Buffer
	tty := ui.NewCustomWriterTTY(false, &stdout, nil)
	options := template.NewOptions()
	options.DataValuesFlags.KVsFromYAML = values
	result := options.RunWithFiles(template.Input{Files: files.NewSortedFiles([]*files.File{file})}, tty)
	err = template.NewRegularFilesSource(options.RegularFilesSourceOpts, tty).Output(result)
	return stdout.Bytes(), err
}

func bytesToJS(bytes []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(bytes))
	js.CopyBytesToJS(array, bytes)
	return array
}
