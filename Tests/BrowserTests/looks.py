"""What is wrong with the looks of a page: asked of the browser."""

# Every visible text with its size and its contrast to what is behind it (WCAG 2.2, relative luminance).
PROBLEMS = r"""() => {
  const problems = [];
  const parse = text => {
    const numbers = (text.match(/[\d.]+/g) || []).map(Number);
    return numbers.length < 3 ? [0, 0, 0, 0] : [numbers[0], numbers[1], numbers[2], numbers[3] ?? 1];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const luminance = color => {
    const [r, g, b] = color.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode, element = node.parentElement, words = node.textContent.trim();
    if (!words || ["SCRIPT", "STYLE", "OPTION", "TITLE"].includes(element.tagName.toUpperCase())) continue;
    const style = getComputedStyle(element);
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const inChart = element.ownerSVGElement;
    const scale = inChart ? inChart.getBoundingClientRect().width / inChart.viewBox.baseVal.width : 1;
    const size = parseFloat(style.fontSize) * scale;
    if (size < 11) problems.push(`${size} px: ${words}`);
    const back = behind(inChart || element);
    const ratio = contrast(over(parse(inChart ? style.fill : style.color), back), back);
    if (ratio < 4.5) problems.push(`contrast ${ratio.toFixed(2)}: ${words}`);
  }
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) problems.push(`${wide} px too wide`);
  for (const image of document.images) {
    if (image.complete && image.naturalWidth === 0) problems.push(`no image: ${image.alt}`);
    if (!image.alt) problems.push("an image without words");
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select")) {
    if (!field.labels.length) problems.push(`a field without a label: ${field.name}`);
  }
  return problems;
}"""

WAYS = [
    (width, scheme, script) for width in (390, 768, 1280) for scheme in ("light", "dark") for script in (True, False)
]


class Window:
    """A window of the browser that collects what the console says."""

    def __init__(self, browser, width=1280, scheme="light", script=True):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        self.page = self.context.new_page()
        self.messages = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def check(self, address):
        """Opens a page, and fails if anything is wrong with it."""
        self.page.goto(address, wait_until="load")
        assert self.messages == []
        assert self.page.evaluate(PROBLEMS) == []
