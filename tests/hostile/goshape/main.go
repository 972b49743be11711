// Command goshape prints the shape of each Go package zip that is named on standard input: one line of JSON, from
// file names to their syntax trees without the contents of literals and comments.
package main

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"reflect"
	"strings"
)

func main() {
	names := bufio.NewScanner(os.Stdin)
	names.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for names.Scan() {
		shapes, err := shapesOf(names.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(shapes); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func shapesOf(path string) (map[string]string, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	shapes := map[string]string{}
	for _, entry := range archive.File {
		_, name, _ := strings.Cut(entry.Name, "@")
		_, name, _ = strings.Cut(name, "/")
		shapes[name] = ""
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		reader, err := entry.Open()
		if err != nil {
			return nil, err
		}
		source, err := io.ReadAll(reader)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		var shape strings.Builder
		print(&shape, file)
		shapes[name] = shape.String()
	}
	return shapes, nil
}

// print writes a node as kind, name and parts. Strings that are joined, and lists of numbers, are one literal:
// descriptors are written as such, and are longer where texts are.
func print(to *strings.Builder, node ast.Node) {
	switch it := node.(type) {
	case *ast.BasicLit:
		if it.Kind != token.INT {
			to.WriteString("literal ")
			return
		}
		to.WriteString(it.Value + " ")
		return
	case *ast.Ident:
		to.WriteString(it.Name + " ")
		return
	case *ast.BinaryExpr:
		if isText(it) {
			to.WriteString("literal ")
			return
		}
		to.WriteString(it.Op.String())
	case *ast.CompositeLit:
		if isNumbers(it) {
			print(to, it.Type)
			to.WriteString("numbers ")
			return
		}
	case *ast.Comment, *ast.CommentGroup:
		return
	case *ast.UnaryExpr:
		to.WriteString(it.Op.String())
	case *ast.AssignStmt:
		to.WriteString(it.Tok.String())
	case *ast.GenDecl:
		to.WriteString(it.Tok.String())
	}
	to.WriteString(reflect.TypeOf(node).Elem().Name() + "(")
	ast.Inspect(node, func(part ast.Node) bool {
		if part == node {
			return true
		}
		if part != nil {
			print(to, part)
		}
		return false
	})
	to.WriteString(")")
}

func isText(node ast.Expr) bool {
	switch it := node.(type) {
	case *ast.BasicLit:
		return it.Kind == token.STRING
	case *ast.BinaryExpr:
		return it.Op == token.ADD && isText(it.X) && isText(it.Y)
	}
	return false
}

func isNumbers(it *ast.CompositeLit) bool {
	array, ok := it.Type.(*ast.ArrayType)
	if !ok {
		return false
	}
	element, ok := array.Elt.(*ast.Ident)
	return ok && element.Name == "byte"
}
