// Writes the SDKs that `pulumi package gen-sdk` would, for Go, Node.js and Python: sdks SCHEMA DIRECTORY. Pulumi's generators are those of its CLI.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(file, out string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return err
	}
	if diagnostics.HasErrors() {
		return diagnostics
	}
	sdks := map[string]func() (map[string][]byte, error){
		"go":     func() (map[string][]byte, error) { return gogen.GeneratePackage("test", pkg, nil) },
		"nodejs": func() (map[string][]byte, error) { return nodejs.GeneratePackage("test", pkg, nil, nil, false, nil) },
		"python": func() (map[string][]byte, error) { return python.GeneratePackage("test", pkg, nil, nil) },
	}
	for language, generated := range sdks {
		files, err := generated()
		if err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
		for name, text := range files {
			path := filepath.Join(out, language, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
