// What all kinds of charts draw alike.
export const axisText = (colours) => ({ color: colours["ink-2"], fontFamily: colours.font, fontSize: 12 });

export const splitLine = (colours) => ({ lineStyle: { color: colours.line } });

/** Drawn inside the picture: one of HTML would bring styles of its own, which the policy refuses. */
export const tooltip = (colours) => ({
  show: true,
  renderMode: "richText",
  confine: true,
  backgroundColor: colours.raised,
  borderColor: colours.line,
  borderWidth: 1,
  padding: [8, 10],
  transitionDuration: 0,
  textStyle: {
    color: colours.ink,
    fontFamily: colours.font,
    fontSize: 12.5,
    lineHeight: 18,
    rich: { b: { color: colours.ink, fontFamily: colours.font, fontSize: 12.5, fontWeight: 650, lineHeight: 20 } },
  },
});
