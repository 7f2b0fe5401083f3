// Command protobuf prints what the server reads and writes protobuf by: `table` or `corpus` for the kinds on stdin, one a
// line, such as "apps/v1 Deployment".
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	kinds := strings.Split(strings.TrimSpace(string(input)), "\n")
	scheme := newScheme()
	switch os.Args[1] {
	case "table":
		fmt.Print(writeTable(scheme, kinds))
	case "corpus":
		text, err := json.Marshal(writeCorpus(scheme, kinds))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	default:
		panic("say table or corpus")
	}
}
