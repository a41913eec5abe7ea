"""A terminal's screen as an SVG picture."""
from xml.sax.saxutils import escape

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 14
STYLE = ("font-family=\"'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace\" "
         'font-size="14" fill="#d8d8d8" xml:space="preserve"')


def svg(lines, columns=80, rows=24):
    """Each line is told how long it has to be, so that columns meet whatever font there is."""
    width = round(columns * CELL_WIDTH + 2 * MARGIN)
    height = rows * CELL_HEIGHT + 2 * MARGIN
    texts = [
        f'<text x="{MARGIN}" y="{MARGIN + number * CELL_HEIGHT + 14}" '
        f'textLength="{len(line) * CELL_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs">'
        f'{escape(line)}</text>\n'
        for number, line in enumerate(text.rstrip() for text in lines) if line]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}">\n'
            f'<rect width="{width}" height="{height}" rx="6" fill="#1c1f24"/>\n'
            f'<g {STYLE}>\n{"".join(texts)}</g>\n</svg>\n')
