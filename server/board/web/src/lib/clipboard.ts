/** Copies; false where the browser allows it only on https pages (a court's plain-http intranet). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return selectAndCopy(text)
  }
}

function selectAndCopy(text: string): boolean {
  const box = document.createElement('textarea')
  box.value = text
  box.className = 'off-screen'
  document.body.append(box)
  box.select()
  const done = document.execCommand('copy')
  box.remove()
  return done
}
