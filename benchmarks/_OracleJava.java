// Asks javac which files of a source tree name types that other files of it declare; prints importer, TAB, imported.
// Argument: a file with one source path a line. Nothing is compiled, no annotation processor runs.

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeKind;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

public final class _OracleJava {
    private final Map<TypeElement, String> files = new HashMap<>();
    private final Set<String> lines = new TreeSet<>();
    private Trees trees;

    public static void main(String[] arguments) throws IOException {
        new _OracleJava().run(Files.readAllLines(Path.of(arguments[0])));
    }

    private void run(List<String> paths) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
        List<String> options = List.of("-proc:none", "-implicit:none", "-XDshould-stop.ifError=FLOW", "-Xlint:none",
            "-classpath", "", "-sourcepath", "");
        JavacTask task = (JavacTask) compiler.getTask(
            null, manager, problem -> { }, options, null, manager.getJavaFileObjectsFromStrings(paths));
        trees = Trees.instance(task);
        List<CompilationUnitTree> units = new ArrayList<>();
        task.parse().forEach(units::add);
        task.analyze();
        for (CompilationUnitTree unit : units) {
            unit.getTypeDecls().forEach(type -> {
                Element element = trees.getElement(new TreePath(new TreePath(unit), type));
                if (element instanceof TypeElement) {
                    files.putIfAbsent((TypeElement) element, unit.getSourceFile().getName());
                }
            });
        }
        for (CompilationUnitTree unit : units) {
            new Names(unit).scan(new TreePath(unit), null);
        }
        try (PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8)) {
            lines.forEach(out::println);
        }
    }

    private final class Names extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final String importer;
        private final String text;

        Names(CompilationUnitTree unit) throws IOException {
            this.unit = unit;
            importer = unit.getSourceFile().getName();
            text = unit.getSourceFile().getCharContent(true).toString();
        }

        @Override
        public Void visitIdentifier(IdentifierTree node, Void nothing) {
            long start = trees.getSourcePositions().getStartPosition(unit, node);
            if (isWritten(start, node.getName())) {
                note(trees.getElement(getCurrentPath()));
            }
            return super.visitIdentifier(node, nothing);
        }

        @Override
        public Void visitMemberSelect(MemberSelectTree node, Void nothing) {
            long end = trees.getSourcePositions().getEndPosition(unit, node);
            if (isWritten(end - node.getIdentifier().length(), node.getIdentifier())) {
                note(trees.getElement(getCurrentPath()));
            }
            return super.visitMemberSelect(node, nothing);
        }

        /** Not so for what javac adds to its trees: types of lambda parameters, default constructors. */
        private boolean isWritten(long start, CharSequence name) {
            return start >= 0 && text.startsWith(name.toString(), (int) start);
        }

        /** Types only: a method or field is reached through an expression, whose type the file need not name. */
        private void note(Element element) {
            if (!(element instanceof TypeElement) || element.asType().getKind() == TypeKind.ERROR) {
                return;
            }
            while (element != null && element.getEnclosingElement() != null
                && element.getEnclosingElement().getKind() != ElementKind.PACKAGE) {
                element = element.getEnclosingElement();
            }
            String imported = files.get(element);
            if (imported != null && !imported.equals(importer)) {
                lines.add(importer + "\t" + imported);
            }
        }
    }
}
